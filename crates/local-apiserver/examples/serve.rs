//! Runs the server over a state directory until it is killed: `serve DIRECTORY [ADDRESS]`.
#![allow(clippy::print_stdout)]

use tokio_util::sync::CancellationToken;
use wheelhouse_local_apiserver::Options;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let started = std::time::Instant::now();
    let mut options = Options::new(arguments.next().unwrap_or_else(|| "state".to_owned()));
    if let Some(address) = arguments.next() {
        options.bind = address.parse()?;
    }
    let server = options.build().await?;
    println!("ready at {} after {:?}", server.ready().url, started.elapsed());
    server.run(CancellationToken::new()).await;
    Ok(())
}
