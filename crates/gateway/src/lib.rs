//! The invocation gateway: streams requests to instances, queues, polls.
