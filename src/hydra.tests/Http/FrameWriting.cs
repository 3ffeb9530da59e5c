using System.Buffers;
using System.Text;
using Hydra.Http;
using Hydra.Transport;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hydra.Tests.Http;

/// <summary>Requests for <see cref="RequestFrameWriter"/>, as Kestrel and the capture of the head would give them.</summary>
internal static class FrameWriting
{
    /// <summary>What is true of a request beside its head.</summary>
    public static RequestFacts Facts { get; } = new()
    {
        Scheme = "http",
        HttpVersion = "1.1",
        ClientHost = "127.0.0.1",
        ClientPort = 50000,
        ServerHost = "127.0.0.1",
        ServerPort = 8000,
    };

    /// <summary>The connection block of that.</summary>
    public static string Connection => Encoding.UTF8.GetString(Facts.Block);

    /// <summary>Facts whose connection block has so many bytes.</summary>
    public static RequestFacts FactsOf(int length)
    {
        // Six NUL stand between the seven parts.
        var facts = new RequestFacts { Scheme = "", HttpVersion = "", ServerHost = new string('c', Math.Max(0, length - 6)) };
        return length == 0 ? Facts : facts;
    }

    /// <summary>Writes the head. The one place that knows how its bytes reach the writer, and what an error is called.</summary>
    /// <returns>The name of the error, "None" without one.</returns>
    public static string WriteHead(RequestFrameWriter writer, IHttpRequestFeature request, RequestFacts facts, ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
        {
            return writer.WriteHead(request, facts, null).ToString();
        }

        var capture = new HeadCapture();
        try
        {
            capture.Look(new ReadOnlySequence<byte>(head.ToArray()));
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException)
        {
            return FailureRules.OfFault(capture.Fault).ToString();
        }

        return writer.WriteHead(request, facts, capture.Head).ToString();
    }

    /// <summary>Kestrel's view of a request: the headers by name.</summary>
    public static IHttpRequestFeature Parsed(string method, string target, params IEnumerable<(string Name, string Value)> headers)
    {
        var dictionary = new HeaderDictionary();
        foreach ((string name, string value) in headers)
        {
            // Append would drop an empty value, which Kestrel does not.
            dictionary[name] = StringValues.Concat(dictionary[name], new StringValues(value));
        }

        return new HttpRequestFeature { Scheme = "http", Method = method, RawTarget = target, Headers = dictionary };
    }

    /// <summary>A head as a client sends it, Latin-1.</summary>
    public static byte[] Head(string method, string target, params IEnumerable<(string Name, string Value)> headers)
        => Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\n{string.Concat(headers.Select(h => $"{h.Name}: {h.Value}\r\n"))}\r\n");
}
