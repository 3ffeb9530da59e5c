using Hydra.Dispatch;
using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Http;

/// <summary>
/// What the doubtful fields of a request have come to. A connection keeps that of the request before: a proxy says the same of all requests
/// of a client, and what is the same is not read again. Immutable.
/// </summary>
/// <param name="before">What was true without them.</param>
/// <param name="fields">Their names and values.</param>
/// <param name="after">What is true with them.</param>
/// <param name="failure">Why the request is refused, or none.</param>
internal sealed class DoubtfulFields(RequestFacts before, byte[] fields, RequestFacts after, Failure failure)
{
    /// <summary>What is true with them.</summary>
    public RequestFacts After => after;

    /// <summary>Why the request is refused, or none.</summary>
    public Failure Failure => failure;

    /// <summary>Takes the doubtful fields out of a header block.</summary>
    public static byte[] Collect(ReadOnlySpan<byte> block)
    {
        List<byte> fields = [];
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(block))
        {
            if (DoubtfulNames.Has(name))
            {
                fields.AddRange(fields.Count > 0 ? "\0"u8 : default);
                fields.AddRange(name);
                fields.Add(0);
                fields.AddRange(value);
            }
        }

        return [.. fields];
    }

    /// <summary>Whether a request has the same.</summary>
    /// <param name="facts">What is true of it without them.</param>
    /// <param name="block">Its header block.</param>
    public bool IsOf(RequestFacts facts, ReadOnlySpan<byte> block)
    {
        if (facts != before)
        {
            return false;
        }

        var known = new HeaderBlock(fields).GetEnumerator();
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(block))
        {
            if (DoubtfulNames.Has(name)
                && !(known.MoveNext() && known.Current.Name.SequenceEqual(name) && known.Current.Value.SequenceEqual(value)))
            {
                return false;
            }
        }

        return !known.MoveNext();
    }
}
