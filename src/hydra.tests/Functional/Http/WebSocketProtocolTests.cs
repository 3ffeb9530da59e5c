using System.Buffers.Binary;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>RFC 6455 byte by byte, through the server to an application and back, over both transports. The rest of the table is SessionRulesOfFramesTests.</summary>
public sealed class WebSocketProtocolTests(ServerPool pool) : PooledTests(pool)
{
    private const string Handshake = "Host: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    public static TheoryData<string?> Transports => new() { null, "sockets" };

    public static TheoryData<string?, string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string?, string, string, string>();
            foreach (string? transport in new[] { null, "sockets" })
            {
                // What the client sends, before and after it has got so much; all that it gets until its connection ends; what the application is told.
                cases.Add(transport, "81:6162 82:00FF | 88:03E8", "81:6162 82:00FF | 88:03E8", "1000");
                cases.Add(transport, "01:C3 89:7070 80:BC | 88:", "8A:7070 81:C3BC | 88:", "1005");
                cases.Add(transport, "88:0FA0627965", "88:0FA0627965", "4000 bye");
                cases.Add(transport, "88:03", "88:03EA", "1002");
                cases.Add(transport, "88:03EE", "88:03EA", "1002");
                cases.Add(transport, "88:07D0", "88:03EA", "1002");
                cases.Add(transport, "88:03E8FF", "88:03EF", "1007");
                cases.Add(transport, "81:FF 81:61", "88:03EF", "1007");
                cases.Add(transport, "!81:61", "88:03EA", "1002");
                cases.Add(transport, "C1:61", "88:03EA", "1002");
                cases.Add(transport, "83:61", "88:03EA", "1002");
                cases.Add(transport, "80:61", "88:03EA", "1002");
                cases.Add(transport, "01:61 81:61", "88:03EA", "1002");
                cases.Add(transport, "8A:unsolicited", "", "1006");
                cases.Add(transport, "01:61", "", "1006");
                cases.Add(transport, "", "", "1006");
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Frames_GetTheirAnswer_AndTheApplicationItsCode(string? transport, string frames, string answers, string told)
    {
        HydraServer server = await StartAsync(transport);
        foreach (bool isWhole in new[] { true, false })
        {
            string key = Board.NewKey();
            await using RawConnection connection = await OpenAsync(server, key);
            string[] expected = answers.Split(" | ");
            foreach ((int index, string part) in frames.Split(" | ").Index())
            {
                byte[] bytes = Frames(part);
                foreach (byte[] piece in isWhole ? [bytes] : bytes.Select(static b => new[] { b }))
                {
                    await connection.SendAsync(piece);
                }

                if (index < expected.Length - 1)
                {
                    Assert.Equal(expected[index], Describe(await connection.ReadUpToAsync(expected[index].Split(' ').Sum(static frame => 2 + ((frame.Length - 3) / 2)))));
                }
            }

            connection.FinishSending();
            Assert.Equal(expected[^1], Describe(await connection.ReadToEndAsync()));
            Assert.Equal([told], await server.Board.WaitAsync(key));
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Close_EachCodeThatMayBe_ReachesTheApplicationAndComesBack(string? transport)
    {
        HydraServer server = await StartAsync(transport);
        foreach (int code in new[] { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 })
        {
            string key = Board.NewKey();
            await using RawConnection connection = await OpenAsync(server, key);
            await connection.SendAsync(Frames($"88:{code:X4}"));
            Assert.Equal([$"{code}"], await server.Board.WaitAsync(key));
            Assert.Equal($"88:{code:X4}", Describe(await connection.ReadToEndAsync()));
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Frames_BehindTheHandshakeInOneWrite_AreMessages(string? transport)
    {
        HydraServer server = await StartAsync(transport);
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync((byte[])[.. System.Text.Encoding.ASCII.GetBytes($"GET /echo/{key} HTTP/1.1\r\n{Handshake}"), .. Frames("81:6869")]);
        await connection.ReadHeadAsync();

        Assert.Equal("81:6869", Describe(await connection.ReadUpToAsync(4)));
        await connection.SendAsync(Frames("88:03E8"));
        Assert.Equal("88:03E8", Describe(await connection.ReadToEndAsync()));
        Assert.Equal(["1000"], await server.Board.WaitAsync(key));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Client_ThatResets_Is1006(string? transport)
    {
        HydraServer server = await StartAsync(transport);
        string key = Board.NewKey();
        await using RawConnection connection = await OpenAsync(server, key);
        connection.Reset();

        Assert.Equal(["1006"], await server.Board.WaitAsync(key));
    }

    private Task<HydraServer> StartAsync(string? transport) => Pool.GetAsync(
        transport is null ? new ServerSpec("sockets:app") : new ServerSpec("sockets:app") { Transport = transport });

    private static async Task<RawConnection> OpenAsync(HydraServer server, string key)
    {
        RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync($"GET /echo/{key} HTTP/1.1\r\n{Handshake}");
        Assert.Contains(" 101 ", (await connection.ReadHeadAsync()).StatusLine, StringComparison.Ordinal);
        return connection;
    }

    // As in SessionRulesOfFramesTests: the first byte, a colon and what the frame carries, in hex or else as it is; "!" leaves the mask out.
    private static byte[] Frames(string text) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(static frame =>
        {
            string[] halves = frame.TrimStart('!').Split(':');
            bool isHex = halves[1].Length % 2 == 0 && halves[1].All(char.IsAsciiHexDigit);
            byte[] payload = isHex ? Convert.FromHexString(halves[1]) : System.Text.Encoding.ASCII.GetBytes(halves[1]);
            byte[] mask = [1, 2, 3, 4];
            return frame[0] == '!'
                ? (byte[])[Convert.ToByte(halves[0], 16), (byte)payload.Length, .. payload]
                : [Convert.ToByte(halves[0], 16), (byte)(0x80 | payload.Length), .. mask, .. payload.Select((b, i) => (byte)(b ^ mask[i & 3]))];
        }),
    ];

    // Frames of a server, none of which is masked.
    private static string Describe(byte[] bytes)
    {
        var frames = new List<string>();
        for (int at = 0; at < bytes.Length;)
        {
            int length = bytes[at + 1], head = 2;
            if (length == 126)
            {
                (length, head) = (BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at + 2)), 4);
            }

            frames.Add($"{bytes[at]:X2}:{Convert.ToHexString(bytes, at + head, length)}");
            at += head + length;
        }

        return string.Join(' ', frames);
    }
}
