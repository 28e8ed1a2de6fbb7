use crate::text::quote;

/// What can go wrong with a chart or its values. The texts are Helm's where Helm has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A `--set` text does not follow the grammar.
    #[error("{0}")]
    Set(String),
    /// A values flag's text cannot be used.
    #[error("failed parsing {flag} data{problem}")]
    SetFlag {
        /// The flag.
        flag: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A file that a flag names cannot be read.
    #[error("{0}")]
    ReadFile(String),
    /// A values file cannot be understood.
    #[error("failed to parse {path}: {source}")]
    ParseFile {
        /// The file as given.
        path: String,
        /// What is wrong.
        source: Box<Error>,
    },
    /// Text that is no YAML, or not what is wanted.
    #[error("{0}")]
    Yaml(wheelhouse_goyaml::Error),
    /// YAML that does not fit the type it is read into.
    #[error("error unmarshaling JSON: while decoding JSON: {0}")]
    Decode(String),
    /// A file of a chart cannot be understood.
    #[error("cannot load {file}: {source}")]
    LoadFile {
        /// The file: Chart.yaml, Chart.lock, values.yaml and the like.
        file: &'static str,
        /// What is wrong.
        source: Box<Error>,
    },
    /// A chart without Chart.yaml.
    #[error("Chart.yaml file is missing")]
    ChartFileMissing,
    /// A directory without a readable Chart.yaml.
    #[error("unable to detect chart at {path}: {problem}")]
    NoChartInDirectory {
        /// Where Chart.yaml should be.
        path: String,
        /// Why it cannot be read.
        problem: String,
    },
    /// An archive without Chart.yaml.
    #[error("unable to detect chart version, no Chart.yaml found")]
    NoChartInArchive,
    /// An `apiVersion` that Helm 4 does not know.
    #[error("unsupported chart version")]
    UnsupportedChartVersion,
    /// The `apiVersion` of Helm's next chart format.
    #[error("invalid chart apiVersion")]
    InvalidChartVersion,
    /// An archive cannot be read. Helm 4 does not tell why; the source does.
    #[error("unable to load chart archive")]
    UnableToLoadArchive {
        /// Why.
        source: Box<Error>,
    },
    /// An archive is damaged at its start.
    #[error("file '{path}' does not appear to be a valid chart file (details: {source})")]
    NotAValidArchive {
        /// The file.
        path: String,
        /// Why.
        source: Box<Error>,
    },
    /// A subchart cannot be loaded.
    #[error("error unpacking subchart {name} in {parent}: {source}")]
    Subchart {
        /// Its file or directory name.
        name: String,
        /// The chart it is in.
        parent: String,
        /// What is wrong.
        source: Box<Error>,
    },
    /// A directory named like a chart archive.
    #[error("error unpacking subchart tar in {parent}: expected {name}, got {found}")]
    SubchartArchiveIsDirectory {
        /// The chart it is in.
        parent: String,
        /// The directory's name.
        name: String,
        /// A file in it.
        found: String,
    },
    /// Subcharts in subcharts in subcharts.
    #[error("subcharts nest deeper than {limit} levels")]
    SubchartsTooDeep {
        /// The bound.
        limit: usize,
    },
    /// A file of a chart directory is too large.
    #[error("chart file {} is larger than the maximum file size {limit}", quote(name))]
    DirectoryFileTooLarge {
        /// The file's name.
        name: String,
        /// The bound in bytes.
        limit: u64,
    },
    /// A device, socket or pipe in a chart directory.
    #[error("cannot load irregular file {path} as it has file mode type bits set")]
    IrregularFile {
        /// Its path.
        path: String,
    },
    /// A symbolic link where none is wanted.
    #[error("cannot load symbolic link {path}")]
    LinkInDirectory {
        /// Its path.
        path: String,
    },
    /// Directories in directories, maybe by a link that leads back.
    #[error("directories nest deeper than {limit} levels")]
    DirectoriesTooDeep {
        /// The bound.
        limit: usize,
    },
    /// Something in a chart directory cannot be read.
    #[error("{0}")]
    ReadDirectory(String),
    /// The value under a subchart's name is no table.
    #[error("type mismatch on {name}: {value}")]
    TypeMismatch {
        /// The subchart.
        name: String,
        /// The value, as Go's `%t` prints it.
        value: String,
    },
    /// Merging values would make more entries than any chart needs.
    #[error("the merged values have more than {limit} entries")]
    TooManyValues {
        /// The bound.
        limit: usize,
    },
    /// Values nest too deep.
    #[error("the values nest deeper than {limit} levels")]
    TooDeep {
        /// The bound.
        limit: usize,
    },
    /// Chart.yaml breaks a rule.
    #[error("validation: {0}")]
    Validation(String),
    /// Requirements of Chart.yaml without a chart.
    #[error("found in Chart.yaml, but missing in charts/ directory: {}", .0.join(", "))]
    MissingDependencies(Vec<String>),
    /// A `.helmignore` uses `**`.
    #[error("double-star (**) syntax is not supported")]
    DoubleStar,
    /// A pattern of `.helmignore` is malformed.
    #[error("syntax error in pattern")]
    BadPattern,
    /// A chart to be packed breaks a rule.
    #[error("chart validation: {0}")]
    ChartValidation(Box<Error>),
    /// Values of some charts do not satisfy their schemas.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
    SchemaViolations(String),
    /// Values do not satisfy a schema.
    #[error("{0}\n")]
    SchemaViolation(String),
    /// A schema cannot be used.
    #[error("{0}")]
    Schema(String),
    /// Checking values against a schema has no end in sight.
    #[error("the schema leads into itself too deep or too often")]
    SchemaTooCostly,
    /// A values.schema.json that is no JSON.
    #[error("{invalid} JSON in values.schema.json")]
    InvalidSchema {
        /// `invalid`, or `Invalid` in Helm 3.
        invalid: &'static str,
    },
    /// An archive cannot be compressed.
    #[error("{0}")]
    Compress(String),
    /// A name that would lead out of its directory.
    #[error("{} is not a valid chart name", quote(.0))]
    InvalidChartName(String),
    /// A file that should be a chart archive is none.
    #[error("file '{path}' does not appear to be a gzipped archive; got '{found}'")]
    NotAnArchive {
        /// The file.
        path: String,
        /// What it looks like, as a media type.
        found: &'static str,
    },
    /// A YAML file where a chart archive is expected.
    #[error("file '{path}' seems to be a YAML file, but expected a gzipped archive")]
    YamlInsteadOfArchive {
        /// The file.
        path: String,
    },
    /// An archive of no bytes at all.
    #[error("EOF")]
    EmptyArchive,
    /// An archive does not start as a gzip file does.
    #[error("gzip: invalid header")]
    InvalidGzipHeader,
    /// An archive's checksum or length is not what its end says.
    #[error("gzip: invalid checksum")]
    InvalidGzipChecksum,
    /// An archive's compressed data is damaged.
    #[error("flate: corrupt input")]
    CorruptArchive,
    /// An archive ends too early.
    #[error("unexpected EOF")]
    UnexpectedEnd,
    /// An entry of an archive has a header that is none.
    #[error("archive/tar: invalid tar header")]
    InvalidTarHeader,
    /// An archive without files.
    #[error("no files in chart archive")]
    NoFilesInArchive,
    /// The files of a chart are too large together.
    #[error("decompressed chart is larger than the maximum size {limit}")]
    ChartTooLarge {
        /// The bound in bytes.
        limit: u64,
    },
    /// A file of a chart archive is too large.
    #[error("decompressed chart file {} is larger than the maximum file size {limit}", quote(name))]
    FileTooLarge {
        /// The entry.
        name: String,
        /// The bound in bytes.
        limit: u64,
    },
    /// A chart has too many files.
    #[error("chart has more than {limit} files")]
    TooManyFiles {
        /// The bound.
        limit: usize,
    },
    /// A path in an archive is too long.
    #[error("chart contains a path longer than {limit} bytes")]
    PathTooLong {
        /// The bound in bytes.
        limit: usize,
    },
    /// An entry with an absolute path.
    #[error("chart illegally contains absolute paths")]
    AbsolutePathInArchive,
    /// An entry that lies beside the chart's directory.
    #[error("chart illegally contains content outside the base directory: {}", quote(.0))]
    OutsideBaseDirectory(String),
    /// An entry whose path leads out of the chart's directory.
    #[error("chart illegally references parent directory")]
    ParentDirectoryInArchive,
    /// An entry whose path starts with a drive letter.
    #[error("chart contains illegally named files")]
    IllegalNameInArchive,
    /// Chart.yaml is not in a directory.
    #[error("chart yaml not in base directory")]
    ChartNotInBaseDirectory,
    /// An entry that is a link.
    #[error("chart illegally contains a link: {}", quote(.0))]
    LinkInArchive(String),
    /// An entry that is a device, a sparse file or something unknown.
    #[error("chart illegally contains a special file: {}", quote(.0))]
    SpecialFileInArchive(String),
    /// A file that is there twice, with different content.
    #[error("chart contains {} more than once", quote(.0))]
    DuplicateInArchive(String),
}

impl Error {
    /// Go's words for what the decompressor reports.
    pub(crate) fn from_gzip(error: &std::io::Error) -> Error {
        match (error.kind(), error.to_string().as_str()) {
            (std::io::ErrorKind::UnexpectedEof, _) => Error::UnexpectedEnd,
            (_, "invalid gzip header") => Error::InvalidGzipHeader,
            (_, "corrupt gzip stream does not have a matching checksum") => Error::InvalidGzipChecksum,
            _ => Error::CorruptArchive,
        }
    }
}
