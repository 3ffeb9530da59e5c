using System.Text;
using Hydra.Coding;
using Hydra.Dispatch;
using Hydra.Files;
using Hydra.Http;
using Microsoft.Extensions.Logging;

namespace Hydra.Edge;

/// <summary>Writes answers about files. Any thread.</summary>
/// <param name="logger">Where what is wrong with files is said.</param>
internal sealed class StaticAnswer(ILogger logger)
{
    /// <summary>Answers with a file, or what the client's conditions make of it.</summary>
    /// <param name="context">The request: GET or HEAD.</param>
    /// <param name="file">The file; as long as the answer is not complete it must not be disposed.</param>
    public Task SendAsync(RequestContext context, FoundFile file)
    {
        FrontAnswer.Begin(context);
        if (FrontAnswer.HasBody(context))
        {
            return CompleteAsync(context, WriteAsync(context, file), isUnread: true);
        }

        ValueTask written = WriteAsync(context, file);
        if (!written.IsCompletedSuccessfully)
        {
            return CompleteAsync(context, written, isUnread: false);
        }

        context.Connection.OnRequestEnds();
        return Task.CompletedTask;
    }

    /// <summary>Answers a request that gets no file.</summary>
    public async Task RefuseAsync(RequestContext context, Failure failure)
    {
        FrontAnswer.Begin(context);
        context.Failure = failure;
        context.Http.Response.Headers.XContentTypeOptions = "nosniff";
        bool isUnread = FrontAnswer.HasBody(context);
        if (failure is Failure.NotAllowed)
        {
            // RFC 9110, section 15.5.6.
            context.Http.Response.Headers.Allow = "GET, HEAD";
        }

        await CompleteAsync(context, WriteErrorAsync(context, failure.Rule(), isUnread), isUnread).ConfigureAwait(false);
    }

    /// <summary>Sends a client to the same directory with a slash behind it, from where the links of its page lead.</summary>
    /// <param name="context">The request.</param>
    /// <param name="path">Its path as it came.</param>
    public Task RedirectAsync(RequestContext context, byte[] path)
    {
        // Relative to where the client is, which a proxy in front may call otherwise; "./" because a name with a colon would be a scheme.
        ReadOnlySpan<byte> target = PoolRoute.TargetOf(context);
        (_, int end, int query) = RequestTarget.Split(target);
        string name = Encoding.Latin1.GetString(path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1));
        string rest = query > end ? "?" + Encoding.Latin1.GetString(target[query..]) : "";
        context.Http.Response.Headers.Location = $"./{name}/{rest}";
        context.Http.Response.Headers.CacheControl = CacheRules.Ask;
        context.Http.Response.Headers.XContentTypeOptions = "nosniff";
        return PageAsync(context, StatusCodes.Status301MovedPermanently, "text/plain; charset=utf-8", "Moved Permanently\n");
    }

    /// <summary>Answers with the listing of a directory.</summary>
    public Task ListAsync(RequestContext context, string page)
    {
        context.Http.Response.Headers.CacheControl = CacheRules.Ask;
        context.Http.Response.Headers.XContentTypeOptions = "nosniff";
        return PageAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", page);
    }

    /// <summary>Writes a file to a request that has begun: the fields, and what the client's conditions leave of the body.</summary>
    public static ValueTask WriteAsync(RequestContext context, FoundFile file)
    {
        IHeaderDictionary asked = context.Http.Request.Headers;
        HttpResponse response = context.Http.Response;
        Representation form = file.For(asked.AcceptEncoding);
        if (IsConditional(asked) && Judge(asked, form) is var outcome and not ConditionOutcome.Holds)
        {
            Identify(response.Headers, file, form);
            return outcome is ConditionOutcome.NotModified ? NotModified(response) : FailAsync(context, StatusCodes.Status412PreconditionFailed);
        }

        Describe(response.Headers, file, form);
        bool isHead = RequestMethod.IsHead(context.Http.Request.Method);
        if (!isHead && asked.Range.Count > 0 && Preconditions.AllowsRange(form.Validators, asked.IfRange.Count > 0 ? asked.IfRange.ToString() : null)
            && ByteRanges.Read(asked.Range.ToString(), form.Size) is { } parts)
        {
            return parts.Count switch
            {
                0 => OutOfRangeAsync(context, form.Size),
                1 => OnePart(context, form, parts[0]),
                _ => MultipartAsync(context, file.MediaType, form, parts),
            };
        }

        response.ContentLength = form.Size;
        return isHead ? default : SendPart(context, form, new BytePart(0, form.Size));
    }

    /// <summary>The fields of an answer with a file, but for its length.</summary>
    public static void Describe(IHeaderDictionary fields, FoundFile file, Representation form)
    {
        Identify(fields, file, form);
        fields.ContentType = file.MediaType;
        fields.AcceptRanges = "bytes";
        if (form.Coding is not ContentCoding.Identity and var coding)
        {
            fields.ContentEncoding = coding.Name();
        }
    }

    private async Task CompleteAsync(RequestContext context, ValueTask written, bool isUnread)
    {
        if (await FrontAnswer.CompleteAsync(context, written, isUnread).ConfigureAwait(false) is { Failure: not Failure.ClientGone } cut)
        {
            FilesLog.CutShort(logger, ControlTextOf(context), cut.Message);
        }
    }

    private static string ControlTextOf(RequestContext context) => Primitives.ControlText.Escape(context.Http.Request.Path.Value ?? "");

    private static async ValueTask WriteErrorAsync(RequestContext context, FailureRule rule, bool isUnread)
        => context.OwnBytes = await ErrorResponse.WriteAsync(context.Http, rule, retryAfter: 1, isUnread).ConfigureAwait(false);

    private Task PageAsync(RequestContext context, int status, string type, string page)
    {
        FrontAnswer.Begin(context);
        byte[] body = Encoding.UTF8.GetBytes(page);
        context.Http.Response.StatusCode = status;
        context.Http.Response.ContentType = type;
        context.Http.Response.ContentLength = body.Length;
        bool isUnread = FrontAnswer.HasBody(context);
        if (isUnread)
        {
            ConnectionClose.Ask(context.Http);
        }

        return CompleteAsync(context, RequestMethod.IsHead(context.Http.Request.Method) ? default : FrontAnswer.SendAsync(context, body), isUnread);
    }

    // What a client needs to know of a file also when it does not get it (RFC 9110, section 15.4.5).
    private static void Identify(IHeaderDictionary fields, FoundFile file, Representation form)
    {
        fields.CacheControl = file.CacheControl;
        fields.XContentTypeOptions = "nosniff";
        if (form.Validators.ETag is { } tag)
        {
            fields.ETag = tag;
            fields.LastModified = form.LastModified;
        }

        if (file.IsCoded)
        {
            fields.Vary = "Accept-Encoding";
        }
    }

    private static bool IsConditional(IHeaderDictionary asked)
        => asked.IfNoneMatch.Count > 0 || asked.IfModifiedSince.Count > 0 || asked.IfMatch.Count > 0 || asked.IfUnmodifiedSince.Count > 0;

    private static ConditionOutcome Judge(IHeaderDictionary asked, Representation form) => Preconditions.Evaluate(
        form.Validators, asked.IfMatch.ToString(), asked.IfUnmodifiedSince.ToString(), asked.IfNoneMatch.ToString(), asked.IfModifiedSince.ToString());

    private static ValueTask NotModified(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status304NotModified;
        return default;
    }

    private static async ValueTask FailAsync(RequestContext context, int status)
        => context.OwnBytes = await ErrorResponse.WriteAsync(context.Http, status).ConfigureAwait(false);

    private static ValueTask OutOfRangeAsync(RequestContext context, long size)
    {
        IHeaderDictionary fields = context.Http.Response.Headers;
        fields.ContentEncoding = default;
        fields.ContentRange = FormattableString.Invariant($"bytes */{size}");
        return FailAsync(context, StatusCodes.Status416RangeNotSatisfiable);
    }

    private static ValueTask OnePart(RequestContext context, Representation form, BytePart part)
    {
        HttpResponse response = context.Http.Response;
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.Headers.ContentRange = RangeOf(part, form.Size);
        response.ContentLength = part.Length;
        return SendPart(context, form, part);
    }

    // RFC 9110, section 14.6.
    private static async ValueTask MultipartAsync(RequestContext context, string type, Representation form, IReadOnlyList<BytePart> parts)
    {
        string boundary = Guid.NewGuid().ToString("N");
        byte[][] heads = [.. parts.Select(part => Encoding.Latin1.GetBytes(
            $"\r\n--{boundary}\r\nContent-Type: {type}\r\nContent-Range: {RangeOf(part, form.Size)}\r\n\r\n"))];
        byte[] end = Encoding.Latin1.GetBytes($"\r\n--{boundary}--\r\n");
        HttpResponse response = context.Http.Response;
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentType = "multipart/byteranges; boundary=" + boundary;
        response.ContentLength = heads.Sum(static head => head.Length) + parts.Sum(static part => part.Length) + end.Length;
        for (int i = 0; i < heads.Length; i++)
        {
            await FrontAnswer.SendAsync(context, heads[i]).ConfigureAwait(false);
            await SendPart(context, form, parts[i]).ConfigureAwait(false);
        }

        await FrontAnswer.SendAsync(context, end).ConfigureAwait(false);
    }

    private static string RangeOf(BytePart part, long size) => FormattableString.Invariant($"bytes {part.Start}-{part.End - 1}/{size}");

    private static ValueTask SendPart(RequestContext context, Representation form, BytePart part)
        => form.Content is { } content ? FrontAnswer.SendAsync(context, content.AsMemory((int)part.Start, (int)part.Length)) : SendFileAsync(context, form, part);

    private static async ValueTask SendFileAsync(RequestContext context, Representation form, BytePart part)
    {
        using FileSender sender = FileSender.Of(form.File!.Handle, context.Http.Request.Path.Value ?? "", part.Start, part.Length);
        await context.Http.Response.StartAsync().ConfigureAwait(false);
        try
        {
            await sender.CopyToAsync(context).ConfigureAwait(false);
        }
        finally
        {
            context.OwnBytes += sender.Sent;
        }
    }
}
