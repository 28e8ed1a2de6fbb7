//! The NVCF-compatible API: functions, deployments, keys, agents.
