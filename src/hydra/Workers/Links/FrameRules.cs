using Hydra.Protocol;

namespace Hydra.Workers.Links;

/// <summary>Handles a frame that came on a link.</summary>
/// <param name="reader">Who reads the link.</param>
/// <param name="stream">The stream's id, or 0.</param>
/// <param name="flags">Its flags, all of them allowed.</param>
/// <param name="payload">The payload; valid within the call.</param>
/// <param name="end">Whether it is the last frame of its stream.</param>
/// <returns>Null, or the rule that the other side broke.</returns>
internal delegate string? FrameHandler<TReader>(TReader reader, ulong stream, FrameFlags flags, ReadOnlySpan<byte> payload, bool end);

/// <summary>Which frames of a kind end their streams.</summary>
internal enum StreamEnd
{
    /// <summary>None does.</summary>
    Never,

    /// <summary>Those that have <see cref="FrameFlags.End"/>.</summary>
    WithFlag,

    /// <summary>Each does.</summary>
    Always,
}

/// <summary>What a kind of message means on a link.</summary>
/// <param name="Type">The kind.</param>
/// <param name="Flags">The flags that it may carry.</param>
/// <param name="Ends">Which of them end their streams.</param>
/// <param name="Handle">What is done.</param>
internal sealed record FrameRule<TReader>(MessageType Type, FrameFlags Flags, StreamEnd Ends, FrameHandler<TReader> Handle);

/// <summary>The kinds of messages that may come on a link: one row each, found by its number.</summary>
internal sealed class FrameRules<TReader>
{
    private readonly string _link;
    private readonly FrameRule<TReader>?[] _rules;

    /// <summary>Makes the table.</summary>
    /// <param name="link">What the link is called where one of its rules is broken.</param>
    /// <param name="rules">The rows.</param>
    public FrameRules(string link, params FrameRule<TReader>[] rules)
    {
        _link = link;
        _rules = new FrameRule<TReader>?[1 + rules.Max(static rule => (int)rule.Type)];
        foreach (FrameRule<TReader> rule in rules)
        {
            _rules[(int)rule.Type] = rule;
        }
    }

    /// <summary>The rows, by the numbers of their kinds.</summary>
    public IEnumerable<FrameRule<TReader>> All => _rules.OfType<FrameRule<TReader>>();

    /// <summary>Handles the frames that have come whole.</summary>
    /// <param name="reader">Who reads the link.</param>
    /// <param name="data">What has come; what is left of it begins with a frame that has not come whole.</param>
    /// <returns>Null, or the rule that the other side broke, and nothing of it is to be handled any more.</returns>
    public string? ReadAll(TReader reader, ref ReadOnlySpan<byte> data)
    {
        while (true)
        {
            FrameReadStatus status = FrameReader.TryReadFrame(ref data, out FrameHeader header, out ReadOnlySpan<byte> payload);
            if (status is FrameReadStatus.NeedMore)
            {
                return null;
            }

            string? violation = status is FrameReadStatus.Ok ? Handle(reader, header, payload) : $"a frame header is invalid ({status})";
            if (violation is not null)
            {
                return violation;
            }
        }
    }

    private string? Handle(TReader reader, in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        FrameRule<TReader>?[] rules = _rules;
        uint type = (uint)header.Type;
        if (type >= (uint)rules.Length || rules[type] is not { } rule || (header.Flags & ~rule.Flags) != 0)
        {
            return Refuse(header);
        }

        bool end = rule.Ends is StreamEnd.Always || (rule.Ends is StreamEnd.WithFlag && (header.Flags & FrameFlags.End) != 0);
        return rule.Handle(reader, header.Stream, header.Flags, payload, end);
    }

    private string Refuse(FrameHeader header) => All.Any(rule => rule.Type == header.Type)
        ? $"{header.Type} may not have the flags {header.Flags}"
        : $"{header.Type} may not be sent by a worker on a {_link} link";
}
