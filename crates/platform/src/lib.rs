//! Everything in one process: control plane, gateway, agent, registry.
