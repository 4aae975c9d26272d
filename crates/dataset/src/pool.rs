//! Memory that is used again: blocks come and go at a rate at which giving it back to the system
//! would cost more than what is done with it.

use std::{
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

/// Values that were given back, to be used again as they are.
#[derive(Debug)]
pub struct Pool<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Default> Pool<T> {
    /// A value that was given back, else a default one.
    #[must_use]
    pub fn take(&self) -> Pooled<T> {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Pooled { value: spare.unwrap_or_default(), home: Self(Arc::clone(&self.0)) }
    }
}

/// A value that goes back to its pool when it is dropped.
#[derive(Debug)]
pub struct Pooled<T: Default> {
    value: T,
    home: Pool<T>,
}

impl<T: Default> Deref for Pooled<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Default> DerefMut for Pooled<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Default> Drop for Pooled<T> {
    fn drop(&mut self) {
        let value = mem::take(&mut self.value);
        self.home.0.lock().unwrap_or_else(PoisonError::into_inner).push(value);
    }
}
