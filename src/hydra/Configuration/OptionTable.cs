namespace Hydra.Configuration;

/// <summary>
/// The one table of options: --help, docs/options.md and the binder are made from it. Each part of it is a concern; the binder of a row
/// says whose option it is.
/// </summary>
internal static partial class OptionTable
{
    /// <summary>All options, in the order of the help.</summary>
    public static IReadOnlyList<Option> All { get; } =
    [
        .. ApplicationRows,
        .. AddressRows,
        .. WorkerRows,
        .. QueueRows,
        .. AffinityRows,
        .. StateRows,
        .. TaskRows,
        .. ReplacementRows,
        .. TimeoutRows,
        .. BodyRows,
        .. HeadRows,
        .. LimitRows,
        .. StaticRows,
        .. TlsRows,
        .. Http2Rows,
        .. ProxyRows,
        .. AnswerRows,
        .. WebSocketRows,
        .. CompressionRows,
        .. LoggingRows,
        .. AccessLogRows,
        .. LogPlaceRows,
        .. StatsdRows,
        .. TraceRows,
        .. RecordRows,
        .. DashboardRows,
        .. TuningRows,
        .. DevelopmentRows,
        new()
        {
            Name = "version", Short = 'V', Group = OptionGroup.Information,
            Help = "Print the version and exit.", Binder = OptionBinder.None,
        },
        new()
        {
            Name = "help", Short = 'h', Group = OptionGroup.Information,
            Help = "Print this help and exit.", Binder = OptionBinder.None,
        },
    ];

    /// <summary>The most workers: HELLO carries a worker's index in 16 bits; this is far above what makes sense.</summary>
    public const int MaximumWorkers = 1024;

    /// <summary>The most event loops of a worker: each has a data link to each of the front's loops.</summary>
    public const int MaximumWorkerLoops = 64;

    // HELLO carries the link's index in 8 bits.
    private const int MaximumLoops = 128;

    // A millisecond: whoever looks longer than the longest of round trips on one machine only burns the processor.
    private const int MaximumBusyPoll = 1000;

    private const string DefaultProtocols = "h1,h2";

    private const long Gibibyte = 1L << 30;
    private const long Tebibyte = 1L << 40;

    private static readonly Dictionary<string, Option> ByName = All
        .SelectMany(static option => option.Names.Select(name => (name, option)))
        .ToDictionary(static pair => pair.name, static pair => pair.option, StringComparer.Ordinal);

    /// <summary>The option with this long name, or null.</summary>
    public static Option? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The option with this one-letter name, or null.</summary>
    public static Option? Find(char letter) => All.FirstOrDefault(option => option.Short == letter);

    /// <summary>The option with this long name, which exists.</summary>
    public static Option Get(string name) => ByName[name];
}
