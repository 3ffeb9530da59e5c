namespace Hydra.Configuration;

/// <content>How large a request's head may be. All names are those of other servers.</content>
internal static partial class OptionTable
{
    // The frame of a request has 64 KiB for its line and 128 KiB for its fields; half of the first is more than any client has use for.
    private const int LongestLine = 32 * 1024;
    private const int LargestFields = 128 * 1024;

    private static IEnumerable<Option> HeadRows =>
    [
        new()
        {
            Name = "limit-request-line", Placeholder = "SIZE", Default = "16k", Group = OptionGroup.Bodies,
            Help = "Refuse longer request lines with 414. 0 takes as much as there can be, 32k.",
            Binder = Section.Clients.Size(0, LongestLine, static (o, v) => o with { LimitLine = v == 0 ? LongestLine : (int)v }),
        },
        new()
        {
            Name = "limit-request-head", Aliases = ["h11-max-incomplete-event-size"], Placeholder = "SIZE", Default = "64k", Group = OptionGroup.Bodies,
            Help = "Refuse more bytes of header fields in all with 431. 0 takes as much as there can be, 128k.",
            Binder = Section.Clients.Size(0, LargestFields, static (o, v) => o with { LimitHead = v == 0 ? LargestFields : (int)v }),
        },
        new()
        {
            Name = "limit-request-fields", Placeholder = "N", Default = "1000", Group = OptionGroup.Bodies,
            Help = "Refuse more header fields with 431.",
            Binder = Section.Clients.Integer(1, 32_768, static (o, v) => o with { LimitFields = v }),
        },
        new()
        {
            Name = "limit-request-field-size", Aliases = ["limit-request-field_size"], Placeholder = "SIZE", Default = "0", Group = OptionGroup.Bodies,
            Help = "Refuse a longer line of a single header field with 431. 0 leaves it to --limit-request-head.",
            Binder = Section.Clients.Size(0, LargestFields, static (o, v) => o with { LimitField = (int)v }),
        },
    ];
}
