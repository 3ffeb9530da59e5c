using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>
/// The rules of RFC 6455 for what a client sends, as <see cref="SessionInput"/> keeps them: each case once in one piece, once byte by byte. A case
/// is frames, each in hex: the first byte, a colon and what it carries; "!" before it leaves the mask out.
/// </summary>
public sealed class SessionRulesOfFramesTests
{
    private const int MaxMessage = 40_000;

    private static readonly int[] Sizes = [7, 126, 4096, 20_000, 65_536];

    [Theory]
    [InlineData("81:6162", "T:ab")]
    [InlineData("82:00FF", "B:00FF")]
    [InlineData("81:", "T:")]
    [InlineData("82:", "B:")]
    [InlineData("01:61 00:62 80:63", "T:abc")]
    [InlineData("01: 00: 80:", "T:")]
    [InlineData("01:C3 80:BC", "T:ü")]
    [InlineData("01:F0 00:9F 00:98 80:80", "T:😀")]
    [InlineData("02:00 80:01 81:61", "B:0001 T:a")]
    [InlineData("01:61 89:70 80:62", "T:ab", "8A:70")]
    [InlineData("01:61 8A:70 80:62", "T:ab")]
    [InlineData("89:", "", "8A:")]
    [InlineData("89:00FFFEFD", "", "8A:00FFFEFD")]
    [InlineData("8A: 8A:6161 81:61", "T:a")]
    public async Task Frames_ThatAreAsTheyShouldBe_AreMessages(string frames, string messages, string answers = "")
    {
        foreach (bool isWhole in new[] { true, false })
        {
            Outcome outcome = await RunAsync(Frames(frames), isWhole);
            Assert.Equal((messages, SessionEnd.Lost), (outcome.Messages, outcome.Code));
            Assert.Equal(answers, outcome.Answers);
        }
    }

    [Theory]
    [InlineData("!81:61", 1002)]
    [InlineData("!88:", 1002)]
    [InlineData("91:61", 1002)]
    [InlineData("A1:61", 1002)]
    [InlineData("C1:61", 1002)]
    [InlineData("83:", 1002)]
    [InlineData("84:61", 1002)]
    [InlineData("87:", 1002)]
    [InlineData("8B:", 1002)]
    [InlineData("8F:61", 1002)]
    [InlineData("09:", 1002)]
    [InlineData("0A:61", 1002)]
    [InlineData("08:", 1002)]
    [InlineData("C9:", 1002)]
    [InlineData("80:61", 1002)]
    [InlineData("00:61 80:62", 1002)]
    [InlineData("01:61 81:62", 1002)]
    [InlineData("01:61 02:62", 1002)]
    [InlineData("81:61 80:62", 1002)]
    [InlineData("88:01", 1002)]
    [InlineData("88:03E8C328", 1007)]
    [InlineData("81:C328", 1007)]
    [InlineData("81:C3", 1007)]
    [InlineData("01:C3 80:", 1007)]
    [InlineData("01:C3 80:28", 1007)]
    [InlineData("01:EDA0 80:80", 1007)]
    [InlineData("01:61 80:FF", 1007)]
    [InlineData("88:", 1005)]
    [InlineData("88:03E8", 1000)]
    [InlineData("88:0FA0627965 81:C3", 4000)]
    [InlineData("01:61 88:03E9", 1001)]
    public async Task Frames_ThatEndIt_SayWhy(string frames, int code)
    {
        foreach (bool isWhole in new[] { true, false })
        {
            Assert.Equal(code, (await RunAsync(Frames(frames), isWhole)).Code);
        }
    }

    [Fact]
    public async Task Close_EveryCode_IsTakenOrAgainstTheRules()
    {
        int[] valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
        int[] others = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
        foreach (int code in valid.Concat(others))
        {
            Outcome outcome = await RunAsync(Frame(0x88, [(byte)(code >> 8), (byte)code, .. "why"u8]), isWhole: true);
            Assert.Equal(valid.Contains(code) ? code : 1002, outcome.Code);
            Assert.Equal(valid.Contains(code) ? "why" : "", outcome.Reason);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(16_384)]
    [InlineData(16_385)]
    [InlineData(40_000)]
    public async Task Message_OfAnyLengthInFramesOfAnyLength_IsWhole(int length)
    {
        byte[] data = [.. Enumerable.Range(0, length).Select(static i => (byte)(i * 7))];
        foreach (int size in Sizes.Where(size => length / size < 1000))
        {
            List<byte> bytes = [];
            int at = 0;
            do
            {
                int count = Math.Min(size, length - at);
                bytes.AddRange(Frame((byte)((at == 0 ? 2 : 0) | (at + count == length ? 0x80 : 0)), data.AsSpan(at, count).ToArray()));
                at += count;
            }
            while (at < length);
            Assert.Equal("B:" + Convert.ToHexString(data), (await RunAsync([.. bytes], isWhole: true)).Messages);
        }
    }

    [Theory]
    [InlineData(MaxMessage + 1, 1)]
    [InlineData(MaxMessage + 1, 3)]
    public async Task Message_LongerThanTheBound_Is1009(int length, int frames)
    {
        List<byte> bytes = [];
        for (int i = 0; i < frames; i++)
        {
            int size = (length / frames) + (i == 0 ? length % frames : 0);
            bytes.AddRange(Frame((byte)((i == 0 ? 2 : 0) | (i == frames - 1 ? 0x80 : 0)), new byte[size]));
        }

        Assert.Equal(1009, (await RunAsync([.. bytes], isWhole: true)).Code);
    }

    [Fact]
    public async Task Compressed_InFramesOfAnyLength_IsWhole()
    {
        foreach (int length in new[] { 300, 5000, 16_384, 32_768, 40_000 })
        {
            string text = string.Concat(Enumerable.Range(0, length).Select(static i => (char)('a' + (i * i % 26))));
            byte[] packed = MessageDeflate.Compress(Encoding.UTF8.GetBytes(text), isLast: true, out int size)[..];
            foreach (int piece in new[] { 1, 10, 1000, 100_000 })
            {
                List<byte> bytes = [];
                for (int at = 0; at < size; at += piece)
                {
                    int count = Math.Min(piece, size - at);
                    byte first = (byte)((at == 0 ? 0x41 : 0) | (at + count == size ? 0x80 : 0));
                    bytes.AddRange(Frame(first, packed.AsSpan(at, count).ToArray()));
                }

                // The next one begins anew.
                bytes.AddRange(Frame(0x81, "plain"u8.ToArray()));
                Outcome outcome = await RunAsync([.. bytes], isWhole: true, deflates: true);
                Assert.Equal($"T:{text} T:plain", outcome.Messages);
            }
        }
    }

    [Theory]
    [InlineData("C1:00", "T:")]
    [InlineData("41:00 80:", "T:")]
    [InlineData("C1:F248CDC9C90700", "T:Hello")]
    [InlineData("41:F248CD 80:C9C90700", "T:Hello")]
    [InlineData("C1:000500FAFF48656C6C6F00", "T:Hello")]
    [InlineData("C1:F348CDC9C9070000", "T:Hello")]
    public async Task Compressed_ExamplesOfTheRfc_AreMessages(string frames, string messages)
    {
        foreach (bool isWhole in new[] { true, false })
        {
            Assert.Equal(messages, (await RunAsync(Frames(frames), isWhole, deflates: true)).Messages);
        }
    }

    [Theory]
    [InlineData("C1:FFFFFFFFFFFF", 1007)]
    [InlineData("41:F248 C0:CDC9C90700", 1002)]
    [InlineData("E1:F248CDC9C90700", 1002)]
    public async Task Compressed_WhatIsNot_EndsIt(string frames, int code)
        => Assert.Equal(code, (await RunAsync(Frames(frames), isWhole: true, deflates: true)).Code);

    [Fact]
    public async Task Compressed_ManyTimesTheBound_Is1009AndNoMoreIsUnpacked()
    {
        byte[] packed = MessageDeflate.Compress(new byte[50_000_000], isLast: true, out int size);
        Outcome outcome = await RunAsync(Frame(0xC2, packed.AsSpan(0, size).ToArray()), isWhole: true, deflates: true);

        Assert.Equal(1009, outcome.Code);
        Assert.True(outcome.Given <= MaxMessage);
    }

    private sealed record Outcome(string Messages, string Answers, int Code, string Reason, long Given);

    private static async Task<Outcome> RunAsync(byte[] bytes, bool isWhole, bool deflates = false)
    {
        var budget = new MemoryBudget(1_000_000);
        var messages = new List<string>();
        var parts = new List<byte>();
        long given = 0;
        SessionInput input = null!;
        input = new SessionInput(
            (in ReadOnlySequence<byte> data, FrameFlags flags) =>
            {
                parts.AddRange(data.ToArray());
                given += data.Length;
                if ((flags & FrameFlags.More) == 0)
                {
                    byte[] all = [.. parts];
                    messages.Add((flags & FrameFlags.Text) != 0 ? "T:" + Encoding.UTF8.GetString(all) : "B:" + Convert.ToHexString(all));
                    parts.Clear();
                }

                Assert.True(input.Grant((uint)data.Length + ProtocolLimits.DataCost));
            },
            MaxMessage,
            10_000,
            budget);
        var up = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var down = new Pipe();
        Task<SessionEnd> run = input.RunAsync(up.Reader, new SessionWire(down.Writer), deflates);
        foreach (byte[] piece in isWhole ? [bytes] : bytes.Select(static b => new[] { b }))
        {
            await up.Writer.WriteAsync(piece);
        }

        await up.Writer.CompleteAsync();
        SessionEnd end = await run.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, budget.Used);
        return new Outcome(string.Join(' ', messages), AnswersOf(down), end.Code, Encoding.UTF8.GetString(end.Reason.Span), given);
    }

    private static string AnswersOf(Pipe down)
    {
        var answers = new List<string>();
        if (down.Reader.TryRead(out ReadResult read))
        {
            ReadOnlySequence<byte> data = read.Buffer;
            while (SessionFrame.TryTake(ref data, out SessionFrame frame))
            {
                Assert.False(frame.IsMasked);
                answers.Add($"{frame.First:X2}:{Convert.ToHexString(data.Slice(0, frame.Length).ToArray())}");
                data = data.Slice(frame.Length);
            }
        }

        return string.Join(' ', answers);
    }

    private static byte[] Frames(string text) =>
    [
        .. text.Split(' ').SelectMany(static frame =>
        {
            string[] halves = frame.TrimStart('!').Split(':');
            return Frame(Convert.ToByte(halves[0], 16), Convert.FromHexString(halves[1]), isMasked: frame[0] != '!');
        }),
    ];

    private static byte[] Frame(byte first, byte[] payload, bool isMasked = true)
    {
        byte[] mask = [0x37, 0xFA, 0x21, 0x3D];
        byte mark = (byte)(isMasked ? 0x80 : 0);
        List<byte> bytes = [first];
        if (payload.Length < 126)
        {
            bytes.Add((byte)(mark | payload.Length));
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            bytes.AddRange([(byte)(mark | 126), (byte)(payload.Length >> 8), (byte)payload.Length]);
        }
        else
        {
            byte[] length = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
            bytes.AddRange([(byte)(mark | 127), .. length]);
        }

        return isMasked ? [.. bytes, .. mask, .. payload.Select((b, i) => (byte)(b ^ mask[i & 3]))] : [.. bytes, .. payload];
    }
}
