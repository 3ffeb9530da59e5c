using System.Buffers;
using System.IO.Pipelines;
using Hydra.Coding;
using Hydra.Diagnostics;
using Hydra.Http;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>
/// Compresses responses on their way to the client: what is there as a whole at once, with its length; what streams piece by piece, each of
/// which leaves when no more is there. One object for all requests; any thread.
/// </summary>
/// <param name="rules">Which, and with what.</param>
/// <param name="memory">What streams may have for it.</param>
/// <param name="metrics">Counts; null where nobody wants to know.</param>
internal sealed class CompressionGate(CompressionRules rules, MemoryBudget memory, CodingMetrics? metrics) : ResponseGate
{
    // Bytes. Longer ones are encoded as a stream, so that the first of it is not held up by the last.
    private const int LargestWhole = 256 * 1024;


    /// <inheritdoc/>
    public override bool Computes => true;

    /// <inheritdoc/>
    public override bool Wants(RequestContext context, long? length)
    {
        HttpRequest request = context.Http.Request;
        HttpResponse response = context.Http.Response;
        bool isHead = RequestMethod.IsHead(request.Method);
        if (response.StatusCode == StatusCodes.Status304NotModified)
        {
            OnNotModified(request, response);
            return false;
        }

        length = isHead ? response.ContentLength : length;
        if (!rules.CanCompress(request, response, length))
        {
            return false;
        }

        VaryField.Add(response.Headers, "Accept-Encoding");
        ContentCoding coding = rules.Choose(request);
        if (coding is ContentCoding.Identity)
        {
            return false;
        }

        if (isHead)
        {
            // As GET would be answered; how long that would be is not known (RFC 9110, section 9.3.2).
            if (length is not null)
            {
                Declare(response, coding);
                response.ContentLength = null;
            }

            return false;
        }

        // One that knows HTTP/1.0 alone would see of a stream without a length only that the connection ends.
        return length is not null || !IsOld(context);
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> PassAsync(RequestContext context, GatedBody body)
    {
        HttpResponse response = context.Http.Response;
        ContentCoding coding = rules.Choose(context.Http.Request);
        if (!body.HasFile && body.Reader.TryRead(out ReadResult read))
        {
            if (read.IsCompleted && read.Buffer.Length <= LargestWhole && !body.HasTrailers)
            {
                return TryWriteWhole(context, body, coding, read.Buffer);
            }

            body.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
        }

        int cost = BodyEncoder.Cost(coding);
        if (IsOld(context) || !memory.TryTake(cost))
        {
            return false;
        }

        try
        {
            Declare(response, coding);
            response.ContentLength = null;
            using BodyEncoder encoder = BodyEncoder.Create(coding, rules.Levels);
            PipeWriter client = context.OpenBody();
            await response.StartAsync().ConfigureAwait(false);
            long taken = await new CompressedStream(encoder, body, client).CopyAsync().ConfigureAwait(false);
            await body.EndAsync(context).ConfigureAwait(false);
            Count(context, coding, taken, encoder.BytesOut);
            return true;
        }
        finally
        {
            memory.Give(cost);
        }
    }

    private static bool IsOld(RequestContext context) => HttpProtocol.IsHttp10(context.Connection?.ClientProtocol ?? context.Http.Request.Protocol);

    // What the client has was chosen by its Accept-Encoding, unless its type says otherwise; that, few say with a 304.
    private void OnNotModified(HttpRequest request, HttpResponse response)
    {
        IHeaderDictionary headers = response.Headers;
        if (headers.ContentType.Count == 0 || rules.IsCompressible(headers.ContentType))
        {
            VaryField.Add(headers, "Accept-Encoding");
        }

        EntityTag.Follow(headers, request.Headers.IfNoneMatch);
    }

    private static void Declare(HttpResponse response, ContentCoding coding)
    {
        IHeaderDictionary headers = response.Headers;
        headers.ContentEncoding = coding.Name();
        headers.Remove("Accept-Ranges");
        EntityTag.Weaken(headers);
    }

    private bool TryWriteWhole(RequestContext context, GatedBody body, ContentCoding coding, in ReadOnlySequence<byte> whole)
    {
        int size = (int)whole.Length;
        byte[]? joined = whole.IsSingleSegment ? null : BufferPool.Rent(size);
        if (joined is not null)
        {
            whole.CopyTo(joined);
        }

        ReadOnlySpan<byte> data = joined is null ? whole.FirstSpan : joined.AsSpan(0, size);
        byte[]? encoded = WholeEncoder.Encode(coding, rules.Levels, data, out int length);
        if (joined is not null)
        {
            BufferPool.Return(joined);
        }

        if (encoded is null)
        {
            // It would become longer.
            body.Reader.AdvanceTo(whole.Start, whole.Start);
            return false;
        }

        HttpResponse response = context.Http.Response;
        Declare(response, coding);
        response.ContentLength = length;
        encoded.AsSpan(0, length).CopyTo(response.BodyWriter.GetSpan(length));
        response.BodyWriter.Advance(length);
        BufferPool.Return(encoded);
        body.Reader.AdvanceTo(whole.End);
        Count(context, coding, size, length);
        return true;
    }

    private void Count(RequestContext context, ContentCoding coding, long taken, long given)
    {
        context.OwnBytes = (int)Math.Min(given, int.MaxValue);
        metrics?.Add(coding.Name(), taken, given);
    }
}
