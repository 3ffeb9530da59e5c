using System.Buffers;
using System.Text;
using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Http;

/// <summary>
/// Answers requests of HTTP/1.1 before Kestrel sees them, which is what costs most of an answer that is there already. Only for connections
/// without TLS that the event loops serve. Event loops call it, many at a time.
/// </summary>
internal abstract class QuickAnswers
{
    /// <summary>See <see cref="IQuickAnswers.LongestSilence"/>.</summary>
    public required long LongestSilence { get; init; }

    /// <summary>Answers a request, or leaves it to Kestrel.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="request">The request: GET, of HTTP/1.1, without a body.</param>
    /// <param name="output">Where the answer goes, with its head.</param>
    public abstract bool TryAnswer(ClientConnection connection, in QuickRequest request, IBufferWriter<byte> output);
}

/// <summary>What there is to know of a request for a quick answer.</summary>
/// <param name="head">Its head.</param>
internal readonly ref struct QuickRequest(CapturedHead head)
{
    // Less than any bound that the options can set makes Kestrel refuse.
    private const int LongestTarget = 1024;
    private const int LongestBlock = 4096;
    private const int MostFields = 40;

    private readonly CapturedHead _head = head;

    /// <summary>The target as it came.</summary>
    public ReadOnlySpan<byte> Target => _head.Target;

    /// <summary>Its path.</summary>
    public ReadOnlySpan<byte> Path => Target.IndexOf((byte)'?') is >= 0 and var question ? Target[..question] : Target;

    /// <summary>Whether it says that it belongs to a trace.</summary>
    public bool IsInTrace
    {
        get
        {
            foreach ((ReadOnlySpan<byte> name, _) in new HeaderBlock(_head.Block))
            {
                if (name.SequenceEqual(TraceFields.ParentName))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Its fields, for who writes them down.</summary>
    public IHeaderDictionary Fields()
    {
        var fields = new HeaderDictionary();
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(_head.Block))
        {
            fields.Append(Encoding.Latin1.GetString(name), Encoding.Latin1.GetString(value));
        }

        return fields;
    }

    /// <summary>
    /// Whether nothing but the target and Accept-Encoding counts: no conditions, no ranges, a connection that stays, one host, and nothing of which
    /// only <see cref="DoubtfulRules"/> know what it means.
    /// </summary>
    /// <param name="accepted">Accept-Encoding, or empty.</param>
    public bool IsPlain(out ReadOnlySpan<byte> accepted)
    {
        accepted = default;
        if (_head.HasDoubtfulNames || _head.Protocol != HttpProtocol.Http11 || Target.Length > LongestTarget || _head.Block.Length > LongestBlock)
        {
            return false;
        }

        bool hasHost = false;
        int count = 0;
        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(_head.Block))
        {
            if (++count > MostFields)
            {
                return false;
            }

            switch (name.Length)
            {
                case 4 when name.SequenceEqual("host"u8):
                    if (hasHost || value.IsEmpty)
                    {
                        return false;
                    }

                    hasHost = true;
                    break;
                case 10 when name.SequenceEqual("connection"u8) && !Ascii.EqualsIgnoreCase(value, "keep-alive"u8):
                    return false;
                case 15 when name.SequenceEqual("accept-encoding"u8):
                    if (!accepted.IsEmpty)
                    {
                        return false;
                    }

                    accepted = value;
                    break;
                case 5 when name.SequenceEqual("range"u8):
                case 6 when name.SequenceEqual("expect"u8):
                case 7 when name.SequenceEqual("upgrade"u8):
                case 14 when name.SequenceEqual("content-length"u8):
                case 17 when name.SequenceEqual("transfer-encoding"u8):
                    return false;
                default:
                    if (name.StartsWith("if-"u8))
                    {
                        return false;
                    }

                    break;
            }
        }

        return hasHost;
    }
}
