//! Entities that a submission refers to, in one batch of consistent reads.

use gatepass_domain::conflict::Involvement;
use gatepass_domain::id::{AppId, CatalogueId, CredentialId, PlanId, ProductId};
use gatepass_domain::{App, Catalogue, Credential, PersonId, Plan, Product, Settings, Versioned};

use crate::Store;
use crate::apps::{Allowance, AppItem};
use crate::credentials::{CredentialItem, StoredCredential};
use crate::error::StoreError;
use crate::holdings::Holdings;
use crate::involvement::take_involvement;
use crate::item::Item;
use crate::keys;
use crate::offerings::parse_from;
use crate::read::take;
use crate::settings::StoredSettings;
use crate::stored::app::AppState;

/// Ids of the entities that a submission refers to.
#[derive(Debug, Clone, Copy)]
pub struct References<'a> {
    /// The products, each with its catalogue.
    pub wanted: &'a [(CatalogueId, ProductId)],
    /// The plan.
    pub plan_id: &'a PlanId,
    /// The app, when it exists already.
    pub app_id: Option<AppId>,
    /// The credential to extend.
    pub credential_id: Option<CredentialId>,
    /// The person whose allowance is used.
    pub requester: &'a PersonId,
    /// The person who decides, if one does.
    pub reviewer: Option<&'a PersonId>,
}

/// The entities that a submission refers to. Those that do not exist are absent.
#[derive(Debug, Clone)]
pub struct ReferencedEntities {
    /// The catalogues.
    pub catalogues: Vec<Versioned<Catalogue>>,
    /// The products.
    pub products: Vec<Versioned<Product>>,
    /// The plan.
    pub plan: Option<Versioned<Plan>>,
    /// The app.
    pub app: Option<Versioned<App>>,
    /// The credential to extend.
    pub credential: Option<Versioned<Credential>>,
    /// The reviewer's part so far in that credential.
    pub involvement: Option<Involvement>,
    /// The requester's use of the plan's allowance.
    pub allowance: Allowance,
    /// The requester's pending requests, as far as caps need to know.
    pub holdings: Holdings,
    /// The settings.
    pub settings: Settings,
}

impl Store {
    /// Reads every entity that `names` refers to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn referenced_entities(&self, names: &References<'_>) -> Result<ReferencedEntities, StoreError> {
        let mut catalogue_keys: Vec<_> = names.wanted.iter().map(|(id, _)| keys::catalogue(id)).collect();
        catalogue_keys.sort_by(|one, other| one.pk.cmp(&other.pk));
        catalogue_keys.dedup();
        let product_keys: Vec<_> = names.wanted.iter().map(|(_, id)| keys::product(id)).collect();
        let plan_key = keys::plan(names.plan_id);
        let app_key = names.app_id.map(keys::app);
        let credential_key = names
            .app_id
            .zip(names.credential_id)
            .map(|(app_id, credential_id)| keys::credential(app_id, credential_id));
        let involvement_key =
            names.credential_id.zip(names.reviewer).map(|(credential_id, who)| keys::involvement(credential_id, who));
        let allowance_key = keys::allowance(names.requester, names.plan_id);
        let holdings_key = keys::holdings(names.requester);

        let mut all = [catalogue_keys.clone(), product_keys.clone()].concat();
        all.extend([plan_key.clone(), allowance_key.clone(), holdings_key.clone(), keys::settings()]);
        all.extend(app_key.clone());
        all.extend(credential_key.clone());
        all.extend(involvement_key.clone());
        let mut found = self.batch_get(&all).await?;

        let mut catalogues = Vec::with_capacity(catalogue_keys.len());
        for key in &catalogue_keys {
            catalogues.extend(parse_from(&mut found, key)?);
        }
        let mut products = Vec::with_capacity(product_keys.len());
        for key in &product_keys {
            products.extend(parse_from(&mut found, key)?);
        }
        let app: Option<Option<Item<AppItem>>> = app_key.map(|key| take(&mut found, &key)).transpose()?;
        let credential: Option<Option<Item<CredentialItem>>> =
            credential_key.map(|key| take(&mut found, &key)).transpose()?;
        let allowance: Option<Item<Allowance>> = take(&mut found, &allowance_key)?;
        let holdings: Option<Item<Holdings>> = take(&mut found, &holdings_key)?;
        let settings: Option<Item<StoredSettings>> = take(&mut found, &keys::settings())?;
        Ok(ReferencedEntities {
            catalogues,
            products,
            plan: parse_from(&mut found, &plan_key)?,
            app: app.flatten().and_then(|item| item.content.in_state(AppState::Open)).map(|(app, _)| app),
            involvement: take_involvement(&mut found, involvement_key.as_ref())?,
            credential: credential.flatten().map(|item| StoredCredential::from(item.content).credential),
            allowance: allowance.map(|item| item.content).unwrap_or_default(),
            holdings: holdings.map(|item| item.content).unwrap_or_default(),
            settings: settings.map(|item| item.content.into_entity().0.content).unwrap_or_default(),
        })
    }
}
