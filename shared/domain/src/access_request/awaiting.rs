//! The people that a request waits for.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::lifecycle::AccessRequest;
use crate::id::ProductId;
use crate::person::{API_OWNERS, Person};
use crate::plan::Plan;
use crate::policy::Review;
use crate::product::Product;

/// A group that a pending request waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AwaitedGroup {
    /// The group: one that approves the products, or `api-owners` for products that no other group approves.
    #[schema(example = "payments-team")]
    pub group: String,
    /// The products that wait for a decision of this group.
    pub product_ids: Vec<ProductId>,
}

impl AccessRequest {
    /// The groups that the request waits for, by name, when its products and its plan are these now. One member of any group
    /// of a product is enough for each approval. Empty unless people have to decide.
    pub fn awaiting<'a>(
        &self,
        products: impl IntoIterator<Item = &'a Product>,
        plan: Option<&Plan>,
    ) -> Vec<AwaitedGroup> {
        let Self::Pending(pending) = self else { return Vec::new() };
        if pending.facts().submission.policy.review == Review::Automatic {
            return Vec::new();
        }
        let products: Vec<_> = products.into_iter().collect();
        let mut groups: BTreeMap<&str, Vec<ProductId>> = BTreeMap::new();
        for id in pending.undecided(pending.approvals_required(plan)) {
            let product = products.iter().find(|product| product.id == id);
            match product.map(|product| product.approver_groups.as_slice()) {
                Some(approvers @ [_, ..]) => {
                    approvers.iter().for_each(|group| groups.entry(group).or_default().push(id.clone()));
                }
                Some([]) | None => groups.entry(API_OWNERS).or_default().push(id),
            }
        }
        groups.into_iter().map(|(group, product_ids)| AwaitedGroup { group: group.to_owned(), product_ids }).collect()
    }

    /// True when `person` is asked to decide: they are in one of the groups `awaiting`, and may still approve something that the
    /// group is asked for, when the plan is this now. An interest of their own is not looked at.
    pub fn awaits(&self, awaiting: &[AwaitedGroup], plan: Option<&Plan>, person: &Person) -> bool {
        let Self::Pending(pending) = self else { return false };
        let required = pending.approvals_required(plan);
        let groups = awaiting.iter().filter(|group| person.belongs_to(&group.group));
        let products = groups.flat_map(|group| group.product_ids.iter().cloned()).collect();
        !pending.approvable_by(&person.id, products, required).is_empty()
    }
}
