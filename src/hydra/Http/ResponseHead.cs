using System.Buffers.Text;
using System.Text;
using Hydra.Protocol;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Http;

/// <summary>Puts a RESPONSE message's head onto the response, or says which rule it breaks.</summary>
internal static class ResponseHead
{
    /// <summary>Checks the head and applies it. Nothing is applied when a rule is broken.</summary>
    /// <param name="response">The response, not begun yet.</param>
    /// <param name="message">What the worker sent.</param>
    /// <param name="contentLength">The value of Content-Length, or null when the application gave none.</param>
    /// <returns>Null, or the broken rule as a sentence for the log.</returns>
    public static string? TryApply(HttpResponse response, in ResponseMessage message, out long? contentLength)
    {
        contentLength = null;
        if (message.Status is < 200 or > 999)
        {
            return $"the status {message.Status} is not a final status code (200 to 999)";
        }

        ReadOnlySpan<byte> headers = message.Headers;
        string? reason = null;
        if (!headers.IsEmpty && headers[0] == ':' && !TryTakeReason(ref headers, out reason))
        {
            return "its reason phrase has a control character";
        }

        if (HeaderBlock.Validate(headers, out int position) is var error and not HeaderBlockError.None)
        {
            return $"its header number {position + 1} is invalid: {Describe(error)}";
        }

        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(headers))
        {
            if (Ascii.EqualsIgnoreCase(name, "content-length"u8) && !TryReadLength(value, ref contentLength))
            {
                response.Headers.Clear();
                return "its Content-Length is not a number, or it has two that differ";
            }

            Append(response.Headers, name, value);
        }

        if (response.Headers.Connection.Count > 0 && ConnectionClose.IsShared(response.HttpContext.Request.Protocol))
        {
            response.Headers.Remove(HeaderNames.Connection);
        }

        response.StatusCode = message.Status;
        if (reason is not null)
        {
            response.HttpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        }

        // RFC 9110, sections 8.6 and 15.3.6: no Content-Length with status 204, none but 0 with 205.
        if (contentLength is not null && message.Status is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent))
        {
            response.ContentLength = contentLength;
        }

        return null;
    }

    /// <summary>Checks what an application says when it accepts a session, and applies it. Nothing is applied when a rule is broken.</summary>
    /// <param name="response">The answer to the handshake, not begun yet.</param>
    /// <param name="message">What the worker sent.</param>
    /// <param name="subprotocol">The subprotocol that is chosen; null for none.</param>
    /// <returns>Null, or the broken rule as a sentence for the log.</returns>
    public static string? TryAccept(HttpResponse response, in AcceptMessage message, out string? subprotocol)
    {
        subprotocol = message.Subprotocol.IsEmpty ? null : Encoding.Latin1.GetString(message.Subprotocol);
        if (!message.Subprotocol.IsEmpty && !HeaderBlock.IsToken(message.Subprotocol))
        {
            return "its subprotocol is no token (RFC 6455, section 4.2.2)";
        }

        if (HeaderBlock.Validate(message.Headers, out int position) is var error and not HeaderBlockError.None)
        {
            return $"its header number {position + 1} is invalid: {Describe(error)}";
        }

        foreach ((ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) in new HeaderBlock(message.Headers))
        {
            // What answers the handshake is for the front to say.
            if (subprotocol is null && Ascii.EqualsIgnoreCase(name, "sec-websocket-protocol"u8) && HeaderBlock.IsToken(value))
            {
                // Some say it so, and mean the same.
                subprotocol = Encoding.Latin1.GetString(value);
            }
            else if (!Ascii.EqualsIgnoreCase(name, "content-length"u8) && !Ascii.EqualsIgnoreCase(name, "sec-websocket-accept"u8)
                && !Ascii.EqualsIgnoreCase(name, "sec-websocket-extensions"u8) && !Ascii.EqualsIgnoreCase(name, "sec-websocket-protocol"u8))
            {
                Append(response.Headers, name, value);
            }
        }

        // Append() may have taken the wish to close from a field that concerns this connection alone.
        response.Headers.Remove(HeaderNames.Connection);
        return null;
    }

    /// <summary>Whether one of the fields of a header block is a Content-Length.</summary>
    public static bool HasLength(ReadOnlySpan<byte> headers)
    {
        foreach ((ReadOnlySpan<byte> name, _) in new HeaderBlock(headers))
        {
            if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a response to this method with this status has no body (RFC 9110, section 6.4.1). Methods are case-sensitive
    /// (section 9.1), and so is Kestrel about this one.
    /// </summary>
    public static bool HasNoBody(string method, int status)
        => method == "HEAD"
            || status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified;

    /// <summary>What is wrong with a block, as the end of a sentence.</summary>
    public static string Describe(HeaderBlockError error) => error switch
    {
        HeaderBlockError.EmptyName => "the name is empty",
        HeaderBlockError.NameNotToken => "the name has a character that RFC 9110, section 5.1 forbids",
        HeaderBlockError.OddParts => "it has no value",
        _ => "the value has a control character",
    };

    // What stands where no field can have its name: WSGI applications choose their phrase (PEP 3333, "The start_response() Callable").
    private static bool TryTakeReason(ref ReadOnlySpan<byte> headers, out string? reason)
    {
        reason = null;
        ReadOnlySpan<byte> mark = ":reason\0"u8;
        if (!headers.StartsWith(mark))
        {
            return true;
        }

        headers = headers[mark.Length..];
        int end = headers.IndexOf((byte)0);
        ReadOnlySpan<byte> phrase = end < 0 ? headers : headers[..end];
        headers = end < 0 ? default : headers[(end + 1)..];
        reason = Encoding.Latin1.GetString(phrase);
        return !phrase.ContainsAnyInRange((byte)0, (byte)0x1f) && !phrase.Contains((byte)0x7f);
    }

    private static bool TryReadLength(ReadOnlySpan<byte> value, ref long? contentLength)
    {
        if (value.Length == 0 || value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0
            || !Utf8Parser.TryParse(value, out long length, out int consumed) || consumed != value.Length)
        {
            return false;
        }

        bool agrees = contentLength is null || contentLength == length;
        contentLength = length;
        return agrees;
    }

    private static void Append(IHeaderDictionary headers, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        // What concerns this connection alone is for the front to say (RFC 9110, section 7.6.1), but for the wish to close it.
        string key = HeaderNames.Get(name);
        switch (key.Length)
        {
            case 10 when key == HeaderNames.Connection:
                if (FieldList.Contains(Encoding.Latin1.GetString(value), "close"))
                {
                    headers.Connection = "close";
                }

                return;
            case 14 when key == HeaderNames.ContentLength:
            case 10 when key == HeaderNames.KeepAlive:
            case 17 when key == HeaderNames.TransferEncoding:
            case 16 when key == HeaderNames.ProxyConnection:
            case 7 when key == HeaderNames.Upgrade:
                return;
        }

        string text = Encoding.Latin1.GetString(value);
        headers[key] = headers.TryGetValue(key, out StringValues present) ? StringValues.Concat(present, text) : text;
    }
}
