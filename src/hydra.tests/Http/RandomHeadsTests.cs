using System.Text;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
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

    // The same heads with bytes changed, cut off or doubled: the block is refused or is one that a worker can read, in its bounds.
    [Fact]
    public void WriteBlock_DamagedHeads_AreRefusedOrWellFormed()
    {
        int accepted = 0;
        for (int i = 0; i < 30_000; i++)
        {
            byte[] lines = Damage(Lines(Headers()));
            byte[] target = new byte[lines.Length];
            int count = RequestHead.WriteBlock(lines, target, out _);
            Assert.InRange(count, -1, lines.Length);
            if (count > 0)
            {
                accepted++;
                ReadOnlySpan<byte> block = target.AsSpan(0, count - 1);
                string which = $"head {i} of seed {Seed}: {Encoding.Latin1.GetString(lines)}";
                HeaderBlockError error = HeaderBlock.Validate(block, out int headers);
                Assert.True(error is not HeaderBlockError.OddParts and not HeaderBlockError.EmptyName, which);
                Assert.True(headers <= lines.Count((byte)'\n') - 1, which);
            }
        }

        Assert.InRange(accepted, 1000, 29_000);
    }

    [Fact]
    public void SkipRequestLine_HeadThatIsCutOff_IsRefusedUntilALineFollows()
    {
        byte[] head = FrameWriting.Head("POST", "/a?b", ("A", "b"));
        int start = "POST /a?b HTTP/1.1\r\n".Length;
        for (int length = 0; length <= head.Length; length++)
        {
            int expected = length >= start + 2 ? start : -1;
            Assert.Equal(expected, RequestHead.SkipRequestLine(head.AsSpan(0, length), 4, 4));
        }
    }

    private List<(string Name, string Value)> Headers()
    {
        List<(string, string)> headers = [];
        for (int count = _random.Next(_random.Next(10) == 0 ? 80 : 12); count > 0; count--)
        {
            headers.Add(_random.Next(12) == 0
                ? ("Content-Length", _random.Next(1000).ToString())
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
                    lines[at] = "\r\n\0: \x7f"u8[_random.Next(6)];
                    break;
            }
        }

        return lines;
    }

    // ASCII alone: names are tokens.
    private static string Lower(string name) => name.ToLowerInvariant();
}
