//! The guards of transactions.

/// Names the condition of one part of a transaction, so that refusals can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guard {
    /// The request has not changed since it was read; or its id is new.
    Request,
    /// The app has not changed since it was read; or its id is new.
    App,
    /// The app exists and holds or awaits none of the products (`duplicate-access`).
    Access,
    /// The owner has no other app of that name (`name-taken`).
    AppName,
    /// The cart has not changed since it was read.
    Cart,
    /// Nobody used the requester's allowance since it was read.
    Allowance,
    /// Nobody used the requester's room under the caps since it was read.
    Holdings,
    /// The credential has not changed since it was read; or its id is new.
    Credential,
    /// The person's part in the credential does not exclude what they do now.
    Involvement,
    /// The key has not changed since it was read; or its digest is new.
    ApiKey,
    /// The catalogue, product or plan has not changed since it was read; or its id is new.
    Offering,
    /// The offering is not being deleted already.
    Deletion,
    /// The catalogues have not changed since they were read.
    Offer,
    /// The settings have not changed since they were read.
    Settings,
    /// No answer was recorded for the idempotency key.
    Idempotency,
    /// The event's place in its chain is free.
    Event,
    /// Nobody has counted on since the counters were read.
    Statistics,
}
