//! The cluster agent: makes desired instances real and reports what happens.
