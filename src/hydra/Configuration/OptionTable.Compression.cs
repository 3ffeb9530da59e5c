namespace Hydra.Configuration;

/// <content>Compression of responses, and the cache.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> CompressionRows =>
    [
        new()
        {
            Name = "compress", Default = "false", IsList = true, Group = OptionGroup.Compression,
            Help = "Compress responses of text for clients that can decode that: with zstd, br or gzip, whichever the client likes best. "
                + "--compress=br,gzip says with which, the best first.",
            Binder = Section.Compression.Read(CompressionWords.Codings),
        },
        new()
        {
            Name = "compress-level", Placeholder = "CODING:N,...", Default = "zstd:3,br:4,gzip:4", IsList = true, Group = OptionGroup.Compression,
            Help = "How hard a coding tries: gzip 1 to 9, br 0 to 11, zstd 1 to 19.",
            Binder = Section.Compression.Read(CompressionWords.Levels),
        },
        new()
        {
            Name = "compress-min-size", Placeholder = "SIZE", Default = "1k", Group = OptionGroup.Compression,
            Help = "Leave shorter bodies as they are.",
            Binder = Section.Compression.Size(1, Gibibyte, static (o, v) => o with { MinimumSize = v }),
        },
        new()
        {
            Name = "compress-types", Placeholder = "TYPE", Repeatable = true, Group = OptionGroup.Compression,
            Help = "Compress this media type too: application/x-thing, image/*, *+cbor. With a - before it, not any more: --compress-types=-text/csv.",
            Binder = Section.Compression.Read(CompressionWords.Types),
        },
        new()
        {
            Name = "compress-exclude", Placeholder = "PATH", Repeatable = true, Group = OptionGroup.Compression,
            Help = "Compress nothing at or below this path: for pages that show secrets beside what a stranger can choose (BREACH).",
            Binder = Section.Compression.Read(CompressionWords.Excluded),
        },
        new()
        {
            Name = "decode-bodies", Default = "false", Group = OptionGroup.Compression,
            Help = "Decode the bodies of requests that say how they are coded (Content-Encoding: gzip, deflate, br, zstd), so that applications get "
                + "them as if they were not. Other codings are refused with 415.",
            Binder = Section.Compression.Switch(static (o, v) => o with { DecodesBodies = v }),
        },
        new()
        {
            Name = "decode-ratio", Placeholder = "N", Default = "200", Group = OptionGroup.Compression,
            Help = "Refuse a body with 413 that becomes more than so many times as long by that, from its first megabyte on. --limit-body is for what is decoded. "
                + "0 for any.",
            Binder = Section.Compression.Integer(0, 1_000_000, static (o, v) => o with { DecodeRatio = v }),
        },
        new()
        {
            Name = "cache", Placeholder = "SIZE", Default = "0", Group = OptionGroup.Compression,
            Help = "Keep responses that say how long they are good for (Cache-Control: max-age, s-maxage), in so much memory, and answer equal "
                + "requests with them. Of requests for what is not there one goes to a worker, and the others wait for it. 0 keeps none.",
            Binder = Section.Cache.Size(0, Tebibyte, static (o, v) => o with { Size = v }),
        },
        new()
        {
            Name = "cache-max-object", Placeholder = "SIZE", Default = "1m", Group = OptionGroup.Compression,
            Help = "Keep no longer bodies than this.",
            Binder = Section.Cache.Size(1, Gibibyte, static (o, v) => o with { LargestObject = v }),
        },
        new()
        {
            Name = "cache-ignore-clients", Default = "false", Group = OptionGroup.Compression,
            Help = "Pass over what requests say in Cache-Control: a client that reloads a page gets what is kept, as with nginx and Varnish.",
            Binder = Section.Cache.Switch(static (o, v) => o with { IgnoresClients = v }),
        },
    ];
}
