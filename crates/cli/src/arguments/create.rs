use clap::Args;

/// `create`
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// NAME
    pub arguments: Vec<String>,
    /// Make a chart that can be deployed as a function
    #[arg(long)]
    pub function: bool,
}
