using System.Runtime.CompilerServices;
using Microsoft.Extensions.Primitives;

namespace Hydra.Coding;

/// <summary>
/// What a client says of content codings (RFC 9110, section 12.5.3). A field that is there and does not name a coding refuses it; where
/// there is none, nothing is known of the client, and it gets no coding. A weight that is no number (section 12.4.2) counts as none, and
/// its coding as refused: rather longer than unreadable.
/// </summary>
internal struct AcceptEncoding
{
    // Weights in thousandths.
    private const short Full = 1000;
    private const short Unsaid = -1;

    private Weights _weights;

    [InlineArray(5)]
    private struct Weights
    {
        private short _first;
    }

    /// <summary>Whether the bytes as they are, are refused: identity;q=0, or *;q=0 without a word about identity.</summary>
    public bool RefusesIdentity { get; private set; }

    /// <summary>Reads the field.</summary>
    /// <param name="lines">The value of each line of it; none where the client has not sent it.</param>
    public static AcceptEncoding Parse(StringValues lines)
    {
        var accept = default(AcceptEncoding);
        Span<short> weights = accept._weights;
        weights.Fill(Unsaid);
        short any = Unsaid;
        for (int i = 0; i < lines.Count; i++)
        {
            ReadOnlySpan<char> line = lines[i];
            foreach (Range range in line.Split(','))
            {
                Take(line[range], weights, ref any);
            }
        }

        accept.RefusesIdentity = weights[0] == 0 || (weights[0] == Unsaid && any == 0);
        for (int i = 1; i < weights.Length; i++)
        {
            weights[i] = weights[i] != Unsaid ? weights[i] : Math.Max(any, (short)0);
        }

        return accept;
    }

    /// <summary>The best coding for this client: of the highest weight, and of several with that the first that is offered.</summary>
    /// <param name="offered">What there is beside the bytes as they are, the best first.</param>
    /// <returns>Identity where none is wanted, or where that is wanted more.</returns>
    public readonly ContentCoding Choose(ReadOnlySpan<ContentCoding> offered)
    {
        ContentCoding chosen = ContentCoding.Identity;
        short best = 0;
        foreach (ContentCoding coding in offered)
        {
            short weight = _weights[(int)coding];
            if (weight > best)
            {
                (chosen, best) = (coding, weight);
            }
        }

        // Identity that nobody speaks of is what is left when there is nothing better.
        return _weights[0] > best ? ContentCoding.Identity : chosen;
    }

    private static void Take(ReadOnlySpan<char> element, Span<short> weights, ref short any)
    {
        int semicolon = element.IndexOf(';');
        ReadOnlySpan<char> name = (semicolon < 0 ? element : element[..semicolon]).Trim(" \t");
        short weight = semicolon < 0 ? Full : Weight(element[(semicolon + 1)..].Trim(" \t"));
        if (name is "*")
        {
            any = weight;
        }
        else if (ContentCodings.TryParse(name, out ContentCoding coding))
        {
            weights[(int)coding] = weight;
        }
    }

    // q=0, q=0.5, q=1.000. Also with spaces around the sign, which some send.
    private static short Weight(ReadOnlySpan<char> parameter)
    {
        int equals = parameter.IndexOf('=');
        if (equals < 0 || parameter[..equals].TrimEnd(" \t") is not ("q" or "Q"))
        {
            return 0;
        }

        ReadOnlySpan<char> value = parameter[(equals + 1)..];
        int end = value.IndexOf(';');
        value = (end < 0 ? value : value[..end]).Trim(" \t");
        if (value.Length is 0 or > 5 || value[0] is not ('0' or '1') || (value.Length > 1 && value[1] != '.'))
        {
            return 0;
        }

        int weight = (value[0] - '0') * Full;
        int unit = 100;
        foreach (char digit in value.Length > 2 ? value[2..] : [])
        {
            if (!char.IsAsciiDigit(digit))
            {
                return 0;
            }

            weight += (digit - '0') * unit;
            unit /= 10;
        }

        return (short)(weight > Full ? 0 : weight);
    }
}
