using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Hydra.Diagnostics;

/// <summary>A line of the access log that is a text with places.</summary>
internal static class AccessLine
{
    // What one may have as the name of a user; longer ones are somebody's joke.
    private const int LongestCredentials = 1024;

    /// <summary>Appends the line, without its end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="format">The format.</param>
    /// <param name="local">When the request was over, as the wall shows it.</param>
    /// <param name="entry">The request.</param>
    public static void Write(LineBuilder line, AccessFormat format, DateTimeOffset local, in AccessEntry entry)
    {
        IReadOnlyList<AccessPlace> places = format.Places;
        for (int i = 0; i < places.Count; i++)
        {
            AccessPlace place = places[i];
            if (place.Field is AccessField.Literal)
            {
                line.Raw(place.Name);
            }
            else if (!WriteNumber(line, place, entry))
            {
                WriteText(line, place, local, entry);
            }
        }
    }

    private static bool WriteNumber(LineBuilder line, AccessPlace place, in AccessEntry entry)
    {
        switch (place.Field)
        {
            case AccessField.Status when entry.Status == 0 && place.Decimals < 0:
                // As nginx says that there was none: a word would be none of the format.
                line.Raw("000"u8);
                return true;
            case AccessField.Status:
                Whole(line, entry.Status, place.Decimals);
                return true;
            case AccessField.Bytes:
                Whole(line, entry.Bytes, place.Decimals);
                return true;
            case AccessField.Seconds:
                Whole(line, (long)entry.Elapsed.TotalSeconds, place.Decimals);
                return true;
            case AccessField.Milliseconds:
                Whole(line, (long)entry.Elapsed.TotalMilliseconds, place.Decimals);
                return true;
            case AccessField.Microseconds:
                Whole(line, (long)entry.Elapsed.TotalMicroseconds, place.Decimals);
                return true;
            case AccessField.DecimalSeconds:
                line.Fixed(entry.Elapsed.TotalSeconds, place.Decimals < 0 ? 6 : place.Decimals);
                return true;
            case AccessField.DecimalMilliseconds:
                line.Fixed(entry.Elapsed.TotalMilliseconds, place.Decimals < 0 ? 3 : place.Decimals);
                return true;
            case AccessField.QueueMilliseconds:
                line.Fixed(entry.Queued.TotalMilliseconds, place.Decimals < 0 ? 3 : place.Decimals);
                return true;
            default:
                return false;
        }
    }

    private static void WriteText(LineBuilder line, AccessPlace place, DateTimeOffset local, in AccessEntry entry)
    {
        switch (place.Field)
        {
            case AccessField.CommonTime:
                line.CommonTime(local);
                break;
            case AccessField.PlainTime:
                line.Timestamp(local);
                break;
            case AccessField.UtcTime:
                line.UtcTime(local);
                break;
            case AccessField.RequestLine when entry.Method.Length > 0:
                line.Escaped(entry.Method).Raw(" "u8).Escaped(entry.Target).Raw(" "u8).Escaped(entry.Protocol);
                break;
            case AccessField.Process:
                line.Raw("<"u8).Number(Environment.ProcessId).Raw(">"u8);
                break;
            case AccessField.Worker when entry.Worker >= 0:
                line.Number(entry.Worker);
                break;
            case AccessField.Query:
                // Where there is none gunicorn writes nothing.
                line.Escaped(entry.Query);
                break;
            default:
                Known(line, TextOf(place, entry));
                break;
        }
    }

    private static ReadOnlySpan<char> TextOf(AccessPlace place, in AccessEntry entry) => place.Field switch
    {
        AccessField.ClientHost => entry.ClientHost.Length > 0 ? entry.ClientHost : entry.Client,
        AccessField.Client => entry.Client,
        AccessField.User => UserOf(entry.RequestHeader("Authorization")),
        AccessField.Method => entry.Method,
        AccessField.Path => entry.Path,
        AccessField.Target => entry.Target,
        AccessField.Protocol => entry.Protocol,
        AccessField.Scheme => entry.Scheme,
        AccessField.Host => entry.RequestHeader("Host"),
        AccessField.StatusPhrase => ReasonPhrases.GetReasonPhrase(entry.Status),
        AccessField.Referer => entry.RequestHeader("Referer"),
        AccessField.UserAgent => entry.RequestHeader("User-Agent"),
        AccessField.RequestId => entry.RequestId,
        AccessField.Failure => entry.Failure,
        AccessField.RequestHeader => entry.RequestHeader(place.Name),
        AccessField.ResponseHeader => entry.ResponseHeader(place.Name),
        _ => default,
    };

    private static void Known(LineBuilder line, ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            line.Raw("-"u8);
        }
        else
        {
            line.Escaped(text);
        }
    }

    private static void Whole(LineBuilder line, long number, int decimals)
    {
        line.Number(number);
        if (decimals > 0)
        {
            line.Raw("."u8).Raw(new string('0', decimals));
        }
    }

    // RFC 7617, section 2: Basic, and name:password in Base64. A space would be the next field.
    private static ReadOnlySpan<char> UserOf(string authorization)
    {
        if (!authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) || authorization.Length > LongestCredentials)
        {
            return default;
        }

        Span<byte> bytes = stackalloc byte[LongestCredentials];
        if (!Convert.TryFromBase64Chars(authorization.AsSpan(6).Trim(), bytes, out int count) || bytes[..count].IndexOf((byte)':') is not (> 0 and var colon))
        {
            return default;
        }

        return Encoding.Latin1.GetString(bytes[..colon]).Replace(" ", "%20", StringComparison.Ordinal);
    }
}
