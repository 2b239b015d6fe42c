/** The cart, which the API keeps: shown in the header, on product pages and on its own page. */
import { api, ask, type Schema } from '../api/client.ts';
import { failed, type Problem } from '../api/problem.ts';
import { session } from '../session/session.svelte.ts';

class Cart {
  view = $state.raw<Schema<'CartView'> | undefined>();
  problem = $state.raw<Problem | undefined>();

  get count(): number {
    return this.view?.items.length ?? 0;
  }

  /** Reads it anew: after each change, and when somebody comes back to this tab. */
  load = async (): Promise<void> => {
    if (session.status !== 'in') return;
    try {
      this.view = await ask(api.GET('/v1/cart'));
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
    this.view = await ask(api.PUT('/v1/cart/items/{product_id}', { params, body }));
  }

  async remove(productId: string): Promise<void> {
    await ask(api.DELETE('/v1/cart/items/{product_id}', { params: { path: { product_id: productId } } }));
    await this.load();
  }

  /** It was submitted, or its owner has left. */
  forget(): void {
    this.view = undefined;
  }
}

export const cart = new Cart();
