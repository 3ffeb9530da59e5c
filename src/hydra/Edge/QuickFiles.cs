using System.Buffers;
using System.Globalization;
using System.Text;
using Hydra.Files;
using Hydra.Http;

namespace Hydra.Edge;

/// <summary>
/// Answers with files in memory before Kestrel sees the request. There is one only where no part of the edge before the files wants to see all
/// requests first. What it does not answer goes the usual way, to <see cref="StaticFiles"/>, whose answers are the same to the last field. Event loops call it.
/// </summary>
/// <param name="files">Where files are kept.</param>
/// <param name="isEnding">Whether the server stops: then answers end their connections.</param>
/// <param name="recorder">Told of answers; null where nobody wants to hear.</param>
internal sealed class QuickFiles(StaticFiles files, Func<bool> isEnding, RequestRecorder? recorder) : QuickAnswers
{
    // What is larger waits for clients, and only Kestrel does.
    private const int Largest = 60 * 1024;

    [ThreadStatic]
    private static byte[]? _date;

    [ThreadStatic]
    private static long _dateSecond;

    /// <inheritdoc/>
    public override bool TryAnswer(ClientConnection connection, in QuickRequest request, IBufferWriter<byte> output)
    {
        if (files.Kept(request.Path) is not { } file || !request.IsPlain(out ReadOnlySpan<byte> accepted) || isEnding()
            || (recorder?.Traces is not null && request.IsInTrace))
        {
            return false;
        }

        Representation form = file.IsCoded ? file.For(Encoding.Latin1.GetString(accepted)) : file.Plain;
        if (form.Content is not { Length: <= Largest } content)
        {
            return false;
        }

        byte[] head = form.Head ??= HeadOf(file, form);
        ReadOnlySpan<byte> date = Date();
        Span<byte> target = output.GetSpan(head.Length + date.Length + content.Length);
        head.CopyTo(target);
        date.CopyTo(target[head.Length..]);
        content.CopyTo(target[(head.Length + date.Length)..]);
        output.Advance(head.Length + date.Length + content.Length);
        recorder?.OnAnswered(connection, request, recorder.WritesLog ? FieldsOf(file, form) : null, content.Length);
        return true;
    }

    private static HeaderDictionary FieldsOf(FoundFile file, Representation form)
    {
        var fields = new HeaderDictionary();
        StaticAnswer.Describe(fields, file, form);
        return fields;
    }

    private static byte[] HeadOf(FoundFile file, Representation form)
    {
        IHeaderDictionary fields = FieldsOf(file, form);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {form.Size}\r\n");
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in fields)
        {
            text.Append(name).Append(": ").Append(value.ToString()).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    // The last field, and the end of the head. RFC 9110, section 6.6.1.
    private static ReadOnlySpan<byte> Date()
    {
        long second = Environment.TickCount64 / 1000;
        if (_date is null || _dateSecond != second)
        {
            _date = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Date: {DateTime.UtcNow:R}\r\n\r\n"));
            _dateSecond = second;
        }

        return _date;
    }
}
