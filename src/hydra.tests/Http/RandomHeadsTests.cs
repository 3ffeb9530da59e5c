using System.Buffers;
using System.Globalization;
using System.Text;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Hydra.Transport;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Heads that nobody would write by hand: what a client may send comes out as it went in, and nothing else is believed.</summary>
public sealed class RandomHeadsTests
{
    private const int Seed = 20_250_301;
    private const string Token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string PathBytes = "/abcXYZ019-._~!$&'()*+,;=:@%";

    private readonly Random _random = new(Seed);

    [Fact]
    public void WriteHead_RandomRequests_AreReadBackAsTheyWereSent()
    {
        var writer = new RequestFrameWriter();
        for (int i = 0; i < 3000; i++)
        {
            string method = Text(Token, 1, 12);
            string path = "/" + Text(PathBytes, 0, 60);
            string query = Text(PathBytes + "?", 0, 40);
            string target = query.Length > 0 ? $"{path}?{query}" : path;
            List<(string Name, string Value)> headers = Headers();
            byte[] head = Head(method, target, headers);
            Assert.Equal("None", FrameWriting.WriteHead(writer, FrameWriting.Parsed(method, target), FrameWriting.Facts, head));
            byte[] body = new byte[_random.Next(20) == 0 ? _random.Next(ProtocolLimits.MaxBody) : _random.Next(100)];
            _random.NextBytes(body);
            writer.AppendBody(Segments.Cut(body, _random));
            writer.Finish(FrameFlags.End);

            SentRequest sent = SentRequest.Read(writer.Frame);
            string which = $"request {i} of seed {Seed}: {Encoding.Latin1.GetString(head)}";
            Assert.True((method, path, query) == (sent.Method, sent.Path, sent.Query), which);
            Assert.True(headers.Select(h => (Lower(h.Name), h.Value)).SequenceEqual(sent.Headers), which);
            Assert.True(body.AsSpan().SequenceEqual(sent.Body), which);
            if (_random.Next(3) == 0)
            {
                writer.Release();
            }
        }

        writer.Release();
    }

    // The same heads with bytes changed, cut off or doubled, in pieces or whole: taken where a slow reader by the letter of RFC 9112 takes
    // them, and for what that reads; refused, or waited for, where it does not.
    [Fact]
    public void Look_DamagedHeads_AreTakenForWhatTheyAre()
    {
        int taken = 0;
        int refused = 0;
        for (int i = 0; i < 10_000; i++)
        {
            string version = _random.Next(9) == 0 ? $"HTTP/{_random.Next(3)}.{_random.Next(4)}" : "HTTP/1.1";
            byte[] head = Damage([.. Encoding.Latin1.GetBytes($"{Text(Token, 1, 5)} /{Text(PathBytes, 0, 20)} {version}\r\n"), .. Lines(Headers())]);
            string which = $"head {i} of seed {Seed}: {Encoding.Latin1.GetString(head)}";
            string? expected = SlowHead.Read(Encoding.Latin1.GetString(head));
            string? read = Read(head);
            Assert.True(expected == read, $"{expected} is not {read}, {which}");
            taken += read is not null and not SlowHead.Refused ? 1 : 0;
            refused += read is SlowHead.Refused ? 1 : 0;
        }

        Assert.True(taken > 2000 && refused > 2000, $"{taken} were taken and {refused} refused");
    }

    // Null as long as it is not complete.
    private string? Read(byte[] head)
    {
        var capture = new HeadCapture();
        try
        {
            capture.Look(_random.Next(2) == 0 ? Segments.Cut(head, _random) : new ReadOnlySequence<byte>(head));
        }
        catch (BadHttpRequestException)
        {
            return SlowHead.Refused;
        }

        // What is complete is consumed: then it is the body that is next, or another head.
        return !IsComplete(capture, head) ? null
            : string.Join('\0', Encoding.Latin1.GetString(capture.Head.Method), Encoding.Latin1.GetString(capture.Head.Target),
                capture.Head.IsChunked ? "chunked" : capture.Head.ContentLength.ToString(CultureInfo.InvariantCulture),
                Encoding.Latin1.GetString(capture.Head.Block));
    }

    private static bool IsComplete(HeadCapture capture, byte[] head)
    {
        int end = head.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        return end >= 4 && !capture.Head.Method.IsEmpty;
    }

    private List<(string Name, string Value)> Headers()
    {
        List<(string, string)> headers = [];
        for (int count = _random.Next(_random.Next(10) == 0 ? 80 : 12); count > 0; count--)
        {
            headers.Add(_random.Next(12) == 0 && headers.TrueForAll(static header => header.Item1 != "Content-Length")
                ? ("Content-Length", _random.Next(1000).ToString(CultureInfo.InvariantCulture))
                : (Text(Token, 1, 20), Value()));
        }

        return headers;
    }

    // Visible characters, and blanks inside.
    private string Value()
    {
        char[] value = new char[_random.Next(_random.Next(50) == 0 ? 3000 : 40)];
        for (int i = 0; i < value.Length; i++)
        {
            bool isInside = i > 0 && i < value.Length - 1;
            value[i] = isInside && _random.Next(6) == 0 ? (_random.Next(2) == 0 ? ' ' : '\t')
                : (char)(_random.Next(4) == 0 ? _random.Next(0x80, 0x100) : _random.Next(0x21, 0x7f));
        }

        return new string(value);
    }

    private string Text(string characters, int least, int most)
        => new([.. Enumerable.Range(0, _random.Next(least, most + 1)).Select(_ => characters[_random.Next(characters.Length)])]);

    private byte[] Head(string method, string target, List<(string Name, string Value)> headers)
        => [.. Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.{_random.Next(2)}\r\n"), .. Lines(headers)];

    // RFC 9112, section 5: any blanks around a value are no part of it.
    private byte[] Lines(List<(string Name, string Value)> headers)
        => Encoding.Latin1.GetBytes(
            string.Concat(headers.Select(h => $"{h.Name}:{Text(" \t", 0, 3)}{h.Value}{Text(" \t", 0, 3)}\r\n")) + "\r\n");

    private byte[] Damage(byte[] lines)
    {
        for (int changes = _random.Next(3); changes > 0 && lines.Length > 0; changes--)
        {
            int at = _random.Next(lines.Length);
            switch (_random.Next(4))
            {
                case 0:
                    lines = lines[..at];
                    break;
                case 1:
                    lines = [.. lines[..at], .. lines[at..], .. lines[at..]];
                    break;
                default:
                    lines[at] = "\r\n\0: \x7f\t#[\x80"u8[_random.Next(10)];
                    break;
            }
        }

        return lines;
    }

    // ASCII alone: names are tokens.
    private static string Lower(string name) => name.ToLowerInvariant();
}
