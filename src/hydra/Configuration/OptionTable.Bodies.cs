namespace Hydra.Configuration;

/// <content>Bodies, and clients that are slow.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> BodyRows =>
    [
        new()
        {
            Name = "buffer-body", Placeholder = "SIZE", Default = "1m", Group = OptionGroup.Bodies,
            Help = "Bodies up to this size are read before a worker gets their request, so that a slow client holds none up; larger ones "
                + "stream, but for chunked ones of WSGI, which go to disk until their length is known. 0 streams all.",
            Binder = Section.Bodies.Size(0, Gibibyte, static (o, v) => o with { Buffer = v }),
        },
        new()
        {
            Name = "buffer-response", Placeholder = "SIZE", Default = "1m", Group = OptionGroup.Bodies,
            Help = "What a worker may send of a response ahead of its client, so that a slow one holds no thread; 64k at least.",
            Binder = Section.Bodies.Size(64 * 1024, Gibibyte, static (o, v) => o with { BufferResponse = v }),
        },
        new()
        {
            Name = "buffer-memory", Placeholder = "SIZE", Default = "64m", Group = OptionGroup.Bodies,
            Help = "What the bodies of all requests together may have in memory, and again those of all responses. Beyond it bodies stream.",
            Binder = Section.Buffers.Size(0, Tebibyte, static (o, v) => o with { Memory = v }),
        },
        new()
        {
            Name = "memory-limit", Placeholder = "SIZE", Group = OptionGroup.Bodies,
            Help = "What clients may have the server hold in all: heads, bodies, what was not sent. Beyond it requests are refused. Without it half of the memory.",
            Binder = Section.Buffers.Size(1024 * 1024, Tebibyte, static (o, v) => o with { MemoryLimit = v }),
        },
        new()
        {
            Name = "spool", Default = "false", Group = OptionGroup.Bodies,
            Help = "Write bodies larger than --buffer-body to disk, and give a worker their request when they are complete.",
            Binder = Section.Buffers.Switch(static (o, v) => o with { Spool = v }),
        },
        new()
        {
            Name = "spool-dir", Placeholder = "DIR", Group = OptionGroup.Bodies,
            Help = "Where bodies are written. Without it /var/tmp, or the temporary directory.",
            Binder = Section.Buffers.Path(static (o, v) => o with { SpoolDirectory = v }),
        },
        new()
        {
            Name = "spool-limit", Placeholder = "SIZE", Default = "10g", Group = OptionGroup.Bodies,
            Help = "What all bodies together may use of the disk. Beyond it they stream; chunked ones of WSGI are refused with 411.",
            Binder = Section.Buffers.Size(0, 1024 * Tebibyte, static (o, v) => o with { SpoolLimit = v }),
        },
        new()
        {
            Name = "limit-body", Aliases = ["max-request-size", "maxreqsize"], Placeholder = "SIZE", Default = "0", Group = OptionGroup.Bodies,
            Help = "Refuse larger bodies with 413. 0 accepts any.",
            Binder = Section.Bodies.Size(0, 1024 * Tebibyte, static (o, v) => o with { Limit = v }),
        },
        new()
        {
            Name = "header-timeout", Placeholder = "TIME", Default = "30s", Group = OptionGroup.Timeouts,
            Help = "How long a client may take to send a request's head.",
            Binder = Section.Clients.Duration(TimeSpan.FromSeconds(1), static (o, v) => o with { HeaderTimeout = v }),
        },
        new()
        {
            Name = "body-timeout", Placeholder = "TIME", Default = "20s", Group = OptionGroup.Timeouts,
            Help = "How long a client may send nothing of a body that is waited for; then it gets 408. Shorter than --queue-timeout, so that "
                + "those who wait for its thread are still served. 0 for ever.",
            Binder = Section.Clients.Duration(TimeSpan.Zero, static (o, v) => o with { BodyTimeout = v }),
        },
        new()
        {
            Name = "send-timeout", Placeholder = "TIME", Default = "60s", Group = OptionGroup.Timeouts,
            Help = "How long a client may take nothing of a response that waits for it; then its connection is reset, and whoever makes the "
                + "response is free. However slowly one reads, it is not cut off. 0 for ever. Not with --transport sockets.",
            Binder = Section.Clients.Duration(TimeSpan.Zero, static (o, v) => o with { SendTimeout = v }),
        },
        new()
        {
            Name = "min-data-rate", Placeholder = "SIZE", Default = "0", Group = OptionGroup.Bodies,
            Help = "Bytes a second that a client must send of a body and take of a response, after its first ten seconds; slower ones are cut "
                + "off. 0 lets them be.",
            Binder = Section.Clients.Size(0, Gibibyte, static (o, v) => o with { MinimumDataRate = v }),
        },
    ];
}
