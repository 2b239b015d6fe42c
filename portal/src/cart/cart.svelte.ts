/** The cart, which the API stores. The header, the product pages and the cart page show it. */
import { api, ask, type Schema } from '../api/client.ts';
import { failed, type Problem } from '../api/problem.ts';
import { session } from '../session/session.svelte.ts';

class Cart {
  view = $state.raw<Schema<'CartView'> | undefined>();
  problem = $state.raw<Problem | undefined>();
  /** The version of the cart that {@link view} shows, as its `ETag`. */
  tag: string | null = null;

  get count(): number {
    return this.view?.items.length ?? 0;
  }

  /** Reads the cart: after each change, and when the person returns to this tab. */
  load = async (): Promise<void> => {
    if (session.status !== 'in') return;
    try {
      await this.#show(api.GET('/v1/cart'));
      this.problem = undefined;
    } catch (cause) {
      this.problem = failed(cause);
    }
  };

  holds(productId: string): boolean {
    return this.view?.items.some((item) => item.product_id === productId) ?? false;
  }

  async add(productId: string, planId: string, catalogueId: string): Promise<void> {
    const params = { path: { product_id: productId } };
    const body = { plan_id: planId, catalogue_id: catalogueId };
    await this.#show(api.PUT('/v1/cart/items/{product_id}', { params, body }));
  }

  async remove(productId: string): Promise<void> {
    await ask(api.DELETE('/v1/cart/items/{product_id}', { params: { path: { product_id: productId } } }));
    await this.load();
  }

  async empty(): Promise<void> {
    await ask(api.DELETE('/v1/cart'));
    await this.load();
  }

  /**
   * Changes the plan of everything in the cart and adds a product. Throws, with the cart as it was, when a product in
   * it is not offered with the plan.
   */
  async switchPlan(planId: string, added: { product_id: string; catalogue_id: string }): Promise<void> {
    const before = this.view;
    await ask(api.DELETE('/v1/cart'));
    try {
      for (const item of [...(before?.items ?? []), added]) await this.add(item.product_id, planId, item.catalogue_id);
    } catch (cause) {
      await ask(api.DELETE('/v1/cart'));
      for (const item of before?.items ?? [])
        if (before?.plan_id) await this.add(item.product_id, before.plan_id, item.catalogue_id);
      throw cause;
    } finally {
      await this.load();
    }
  }

  async #show(exchanged: Promise<{ data?: Schema<'CartView'>; error?: unknown; response: Response }>): Promise<void> {
    this.view = await ask(exchanged);
    this.tag = (await exchanged).response.headers.get('ETag');
  }

  /** Forgets the cart of somebody who signed out. */
  forget(): void {
    this.view = undefined;
  }
}

export const cart = new Cart();
