//! Integration tests of the serving crate.

/// Which rung answers, and in whose name.
mod ladder;
/// `/metrics`: what is counted, and the gauges of the reports.
mod metrics;
/// Every route: status, headers, body.
mod routes;
/// The server itself: real connections, draining, signals, addresses.
mod server;
/// Fake models and how to call the routes.
mod support;
/// The service's log lines.
mod telemetry;
