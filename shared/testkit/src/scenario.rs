//! Steps that come before a function is called: asking, deciding.

use gatepass_app::Idempotent;
use gatepass_app::approve::{ApproveRequest, approve};
use gatepass_app::reject::{RejectRequest, reject};
use gatepass_app::submit::{Flow, SubmitRequest, Target, submit};
use gatepass_domain::access_request::AccessRequestView;
use gatepass_domain::app::{Profile, Visibility};
use gatepass_domain::event::Aggregate;
use gatepass_domain::id::RequestId;
use gatepass_domain::{Event, Person};

use crate::people::owen;
use crate::world::{World, context};

impl World {
    /// `who` asks at noon for `product` under `plan`, for a new app called `app`.
    pub async fn submitted(&self, who: &Person, product: &str, plan: &str, app: &str) -> AccessRequestView {
        let catalogue = if product == "fleet-api" { "partner-apis" } else { "public-apis" };
        let profile = Profile {
            name: app.into(),
            description: String::new(),
            visibility: Visibility::Personal,
            team: None,
            redirect_uris: Vec::new(),
        };
        let asked = SubmitRequest {
            wanted: vec![(catalogue.parse().expect(catalogue), product.parse().expect(product))],
            plan_id: plan.parse().expect(plan),
            target: Target::New(profile),
            extends_credential_id: None,
            justification: None,
        };
        let (mut context, unkeyed) = (context(), Idempotent::Unkeyed);
        let submitted = submit(&self.store, &mut context, who, &Flow::Direct, &asked, &unkeyed).await;
        submitted.expect("the request keeps every rule").view()
    }

    /// `who` asks at noon for `product` too, under the plan and the credential of an earlier request.
    pub async fn extension(&self, who: &Person, of: &AccessRequestView, product: &str) -> AccessRequestView {
        let asked = SubmitRequest {
            wanted: vec![("public-apis".parse().expect("a slug"), product.parse().expect(product))],
            plan_id: of.plan_id.clone(),
            target: Target::Existing(of.app.id),
            extends_credential_id: of.credential_id,
            justification: None,
        };
        let submitted = submit(&self.store, &mut context(), who, &Flow::Direct, &asked, &Idempotent::Unkeyed).await;
        submitted.expect("the request keeps every rule").view()
    }

    /// Owen approves the request.
    pub async fn approved(&self, id: RequestId) -> AccessRequestView {
        let approved =
            approve(&self.store, &mut context(), &owen().into(), id, &ApproveRequest::default(), &Idempotent::Unkeyed)
                .await;
        approved.expect("the request waits for a decision").view()
    }

    /// Owen rejects the request.
    pub async fn rejected(&self, id: RequestId, reason: &str) -> AccessRequestView {
        let rejected = reject(
            &self.store,
            &mut context(),
            &owen().into(),
            id,
            &RejectRequest::whole(reason),
            &Idempotent::Unkeyed,
        )
        .await;
        rejected.expect("the request waits for a decision").view()
    }

    /// The request as it stands.
    pub async fn request(&self, id: RequestId) -> AccessRequestView {
        self.store.request(id).await.expect("the table can be read").expect("it was asked for").view()
    }

    /// The events of the request, oldest first.
    pub async fn events(&self, id: RequestId) -> Vec<Event> {
        self.store.events_of(&Aggregate::Request(id)).await.expect("the table can be read")
    }

    /// The types of what happened to the request, oldest first.
    pub async fn history(&self, id: RequestId) -> Vec<String> {
        self.events(id).await.iter().map(|event| event.detail.event_type().to_owned()).collect()
    }

    /// The newest event of the request that has this type.
    pub async fn event(&self, id: RequestId, event_type: &str) -> Event {
        let found = self.events(id).await.into_iter().rfind(|event| event.detail.event_type() == event_type);
        found.unwrap_or_else(|| panic!("there was no {event_type}"))
    }
}
