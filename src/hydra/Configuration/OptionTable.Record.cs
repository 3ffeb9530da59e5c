namespace Hydra.Configuration;

/// <content>Requests that are kept.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> RecordRows =>
    [
        new()
        {
            Name = "record", Placeholder = "N", Default = "0", Group = OptionGroup.Logging,
            Help = "Keep the last N requests that came as far as a worker, with their fields and bodies of up to 64 KiB, in memory: \"hydra replay\" lists them, and \"hydra replay ID\" sends one "
                + "again. Needs --control-socket.",
            Binder = Section.Record.Integer(0, 100_000, static (o, v) => o with { Most = v }),
        },
        new()
        {
            Name = "record-memory", Placeholder = "SIZE", Default = "16m", Group = OptionGroup.Logging,
            Help = "Bytes that they may take together; the oldest go.",
            Binder = Section.Record.Size(64 * 1024, Gibibyte, static (o, v) => o with { Bytes = v }),
        },
        new()
        {
            Name = "record-mask", Default = "true", Group = OptionGroup.Logging,
            Help = "Take secrets out of what is kept: of fields, queries, forms and JSON with names such as Authorization, Cookie, password and token. Other bodies are not kept then.",
            Binder = Section.Record.Switch(static (o, v) => o with { Masks = v }),
        },
    ];
}
