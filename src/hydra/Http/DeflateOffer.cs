using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Hydra.Http;

/// <summary>What a client says of compression in its handshake (RFC 7692, section 7.1).</summary>
internal static class DeflateOffer
{
    // Both sides compress each message by itself: a client has to do as it is told (section 7.1.1.2).
    private const string Answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    private const string LargestWindow = "15";

    /// <summary>What to answer; null where nothing that is offered can be taken.</summary>
    /// <param name="lines">The lines of Sec-WebSocket-Extensions.</param>
    public static string? Choose(StringValues lines)
    {
        foreach (string? line in lines)
        {
            foreach (string offer in (line ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                string[] parts = offer.Split(';', StringSplitOptions.TrimEntries);
                if (parts[0] == "permessage-deflate" && CanTake(parts.AsSpan(1)))
                {
                    return Answer;
                }
            }
        }

        return null;
    }

    // A parameter that is unknown, comes twice or has a value that is none makes an offer void (section 7.1). A smaller window of the server's
    // is not to be had here; of the client's, any.
    private static bool CanTake(ReadOnlySpan<string> parameters)
    {
        var seen = new HashSet<string>();
        foreach (string parameter in parameters)
        {
            int at = parameter.IndexOf('=', StringComparison.Ordinal);
            string name = at < 0 ? parameter : parameter[..at].TrimEnd();
            string? value = at < 0 ? null : parameter[(at + 1)..].TrimStart().Trim('"');
            bool isKnown = name switch
            {
                "server_no_context_takeover" or "client_no_context_takeover" => value is null,
                "server_max_window_bits" => value == LargestWindow,
                "client_max_window_bits" => value is null || (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits is >= 8 and <= 15),
                _ => false,
            };
            if (!isKnown || !seen.Add(name))
            {
                return false;
            }
        }

        return true;
    }
}
