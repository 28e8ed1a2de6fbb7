use clap::Args;

/// `create`
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// NAME
    pub arguments: Vec<String>,
    /// Make a chart that can be deployed as a function
    #[arg(long, conflicts_with = "starter")]
    pub function: bool,
    /// The chart to start from: a path, or a name in the folder of starters
    #[arg(short = 'p', long, value_name = "CHART", default_value = "", hide_default_value = true)]
    pub starter: String,
}
