use crate::ItemRow;

/// An item a user has interacted with since the model was trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recent {
    /// The item.
    pub item: ItemRow,
    /// The stars the user has given it since, finite and at least 0; `None` if it was only watched.
    pub rating: Option<f32>,
}

impl Recent {
    /// The stars given; `None` also for what is not a finite number from 0, which says no more than
    /// that the item was watched.
    #[must_use]
    pub fn stars(&self) -> Option<f32> {
        self.rating.filter(|rating| rating.is_finite() && *rating >= 0.0)
    }
}
