using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Hydra.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What a connection begins with, over every split of it.</summary>
public sealed class PriorKnowledgeTests
{
    private static readonly ClientConnections Connections = new();

    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    [Theory]
    [InlineData("", null)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", null)]
    [InlineData(Preface, true)]
    [InlineData(Preface + "more", true)]
    [InlineData("GET / HTTP/1.1\r\n", false)]
    [InlineData("PRI / HTTP/1.1\r\n", false)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\n\n", false)]
    [InlineData("pri", false)]
    public void IsPreface_Beginning_IsItOrMayBecomeIt(string text, bool? expected)
        => Assert.Equal(expected, PriorKnowledge.IsPreface(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void IsPreface_EveryDamage_IsNone()
    {
        for (int at = 0; at < Preface.Length; at++)
        {
            byte[] damaged = Encoding.ASCII.GetBytes(Preface);
            damaged[at] ^= 1;
            Assert.False(PriorKnowledge.IsPreface(new ReadOnlySequence<byte>(damaged)));
        }
    }

    [Theory]
    [InlineData(Preface, true)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", false)]
    [InlineData("PRI * HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    public async Task Connection_AtEverySplit_IsTakenForWhatItIsAndLosesNothing(string text, bool isSpoken)
    {
        for (int at = 0; at <= text.Length; at++)
        {
            var input = new Pipe();
            var context = new DefaultConnectionContext("fake") { Transport = new Duplex(input.Reader, new Pipe().Writer) };
            await input.Writer.WriteAsync(Encoding.ASCII.GetBytes(text[..at]));
            string read = "";
            Task run = Build(async connection =>
            {
                Assert.Equal(isSpoken, PriorKnowledge.IsSpokenOn(connection));
                await input.Writer.CompleteAsync();
                ReadResult all = await connection.Transport.Input.ReadAtLeastAsync(text.Length);
                read = Encoding.ASCII.GetString(all.Buffer.ToArray());
            })(context);
            if (at < text.Length && !run.IsCompleted)
            {
                await input.Writer.WriteAsync(Encoding.ASCII.GetBytes(text[at..]));
                await run;
                Assert.Equal(text, read);
            }

            await run;
            Assert.StartsWith(read, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Connection_ThatEndsBeforeItIsClear_IsOfHttp1()
    {
        var input = new Pipe();
        await input.Writer.WriteAsync("PRI"u8.ToArray());
        await input.Writer.CompleteAsync();
        bool? isSpoken = null;
        await Build(connection =>
        {
            isSpoken = PriorKnowledge.IsSpokenOn(connection);
            return Task.CompletedTask;
        })(new DefaultConnectionContext("fake") { Transport = new Duplex(input.Reader, new Pipe().Writer) });

        Assert.False(isSpoken);
        Assert.True(Connections.AreNone);
    }

    private static ConnectionDelegate Build(Func<ConnectionContext, Task> server)
    {
        ConnectionDelegate? built = null;
        new KestrelServerOptions().Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.UsePriorKnowledge(Connections, TimeSpan.FromMinutes(1), TimeProvider.System);
            listen.Run(server);
            built = ((IConnectionBuilder)listen).Build();
        });
        return built!;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
