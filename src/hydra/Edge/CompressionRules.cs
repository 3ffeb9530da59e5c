using Hydra.Coding;
using Hydra.Files;
using Hydra.Http;
using Microsoft.Extensions.Primitives;

namespace Hydra.Edge;

/// <summary>Which responses are compressed, and with what. Reads the context alone; any thread.</summary>
/// <param name="codings">What is offered, the best first.</param>
/// <param name="levels">How hard each is to try.</param>
/// <param name="types">What becomes shorter.</param>
/// <param name="minimumSize">Bytes of a body below which it is left alone, where its length is known.</param>
/// <param name="excluded">Paths without a slash at their end; what is at them or below is left alone.</param>
internal sealed class CompressionRules(
    IReadOnlyList<ContentCoding> codings, CodingLevels levels, CompressibleTypes types, long minimumSize, IReadOnlyList<string> excluded)
{
    // Bytes. What is longer and can be had in parts is a download, which its client is to be able to take up again.
    private const long LongestWithoutRanges = 1024 * 1024;

    private readonly ContentCoding[] _codings = [.. codings];

    /// <summary>How hard each coding is to try.</summary>
    public CodingLevels Levels => levels;

    /// <summary>The same for files that are served without a worker.</summary>
    public FileCompressor ForFiles() => new(_codings, levels, minimumSize, types.Contains, path => Includes(path));

    /// <summary>Whether responses for this path may be compressed.</summary>
    public bool Includes(PathString path)
    {
        foreach (string below in excluded)
        {
            if (below.Length == 0 || path.StartsWithSegments(below, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a body of this type becomes shorter.</summary>
    public bool IsCompressible(string? contentType) => types.Contains(contentType);

    /// <summary>The coding that the client would like best; identity for none.</summary>
    public ContentCoding Choose(HttpRequest request)
    {
        StringValues accepted = request.Headers.AcceptEncoding;
        return accepted.Count == 0 ? ContentCoding.Identity : AcceptEncoding.Parse(accepted).Choose(_codings);
    }

    /// <summary>
    /// Whether the response may be compressed for a client that would like that, by what its head says: then it differs by Accept-Encoding,
    /// for this client too.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="response">The response, not begun.</param>
    /// <param name="length">How long its body is; null where that is not known.</param>
    public bool CanCompress(HttpRequest request, HttpResponse response, long? length)
    {
        IHeaderDictionary headers = response.Headers;
        return response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent
                or StatusCodes.Status206PartialContent or StatusCodes.Status304NotModified)
            && (length is null || length >= minimumSize || (length > 0 && RefusesIdentity(request)))
            && types.Contains(headers.ContentType)
            && IsPlain(headers.ContentEncoding)
            && headers.ContentRange.Count == 0
            && !FieldList.Contains(headers.CacheControl, "no-transform")
            && !HasDigest(headers)
            && !(length > LongestWithoutRanges && FieldList.Contains(headers.AcceptRanges, "bytes"));
    }

    // Identity has no place in the field (RFC 9110, section 8.4.1), and says what its absence would.
    private static bool IsPlain(StringValues encodings)
    {
        foreach (string? line in encodings)
        {
            if (!string.IsNullOrWhiteSpace(line) && !line.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    private static bool RefusesIdentity(HttpRequest request)
        => request.Headers.AcceptEncoding is { Count: > 0 } accepted && AcceptEncoding.Parse(accepted).RefusesIdentity;

    // They are about the bytes as they are sent (RFC 9530, sections 2 and 3; RFC 1864): whoever wants these checked does not want others. Nor where they are
    // to come as trailers.
    private static bool HasDigest(IHeaderDictionary headers)
        => headers.ContentMD5.Count > 0 || headers.ContainsKey("Content-Digest") || headers.ContainsKey("Repr-Digest")
            || headers.ContainsKey("Digest")
            || (headers.Trailer is { Count: > 0 } trailers && (FieldList.Contains(trailers, "Content-Digest")
                || FieldList.Contains(trailers, "Repr-Digest") || FieldList.Contains(trailers, "Digest") || FieldList.Contains(trailers, "Content-MD5")));
}
