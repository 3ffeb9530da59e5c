using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http.Fakes;
using Hydra.Tests.Transport;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="ResponseGate"/> with its <see cref="GatedBody"/>, as <see cref="ResponseStreamer"/> asks it.</summary>
public sealed class ResponseGateTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    [Fact]
    public async Task Pass_WholeResponse_IsTakenOver()
    {
        await using FrontHost host = await StartAsync(new GzipGate());
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "hello hello", ("content-length", "11"));

        Assert.Equal("hello hello", await ReadGzipAsync(client));
    }

    [Fact]
    public async Task Pass_StreamedResponse_IsTakenOverAndTheWorkerMaySendAll()
    {
        const int size = 512 * 1024;
        await using FrontHost host = await StartAsync(new GzipGate());
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id);
        Task<string> reading = ReadGzipAsync(client);
        byte[] piece = new byte[16 * 1024];
        piece.AsSpan().Fill((byte)'x');
        long credit = host.Bodies.Options.ResponseWindow;
        for (int sent = 0; sent < size; sent += piece.Length)
        {
            await Eventually.HoldsAsync(() => (credit += host.Worker.TakeCredit(request.Id)) >= piece.Length, "credit for more");
            credit -= piece.Length;
            host.Worker.SendBody(request.Id, piece, end: sent + piece.Length == size);
        }

        Assert.Equal(new string('x', size), await reading);
        Assert.Null(host.Worker.Violation);
    }

    [Fact]
    public async Task Pass_Computes_DoesNotHoldUpTheWorkersLink()
    {
        using var answered = new ManualResetEventSlim();
        bool wasAnswered = false;
        await using FrontHost host = await StartAsync(new LookingGate(
            _ => wasAnswered = answered.Wait(TimeSpan.FromSeconds(10)), computes: true));
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();

        // Inside this call goes on whatever does not compute.
        host.Worker.Respond(request.Id, 200, "hello");
        answered.Set();

        Assert.Contains("HTTP/1.1 200 OK", await client.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.True(wasAnswered);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pass_Declined_WholeResponseHasItsLength(bool saysLength)
    {
        await using FrontHost host = await StartAsync(new LookingGate(static _ => { }));
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "hello", saysLength ? [("content-length", "5")] : []);

        string response = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.Contains("\r\nContent-Length: 5\r\n", response, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("chunked", response, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("\r\n\r\nhello", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pass_Declined_StreamedResponseGoesOnAsItIs()
    {
        await using FrontHost host = await StartAsync(new LookingGate(static context => context.Http.Response.StatusCode = 202));
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "one");
        host.Worker.SendBody(request.Id, "two"u8, end: true);

        string response = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.StartsWith("HTTP/1.1 202 Accepted\r\n", response, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pass_Discarded_TheWorkerIsCancelled()
    {
        await using FrontHost host = await StartAsync(new ReplacingGate());
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "never seen", ("content-length", "1000"));

        Assert.Equal(CancelReason.FrontError, await host.Worker.CancelledAsync(request.Id));
        string response = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.EndsWith("\r\n\r\nreplaced", response, StringComparison.Ordinal);
        Assert.Empty(host.Complaints);
    }

    [Fact]
    public async Task Pass_SeveralGates_AreAskedInTheirOrderUntilOneHasWritten()
    {
        List<string> asked = [];
        await using FrontHost host = await StartAsync(
            new LookingGate(_ => asked.Add("first")), new LookingGate(_ => asked.Add("second")), new ReplacingGate(),
            new LookingGate(_ => asked.Add("behind")));
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.Respond(request.Id, 200, "hello");

        Assert.EndsWith("replaced", Encoding.Latin1.GetString(await client.ReadToEndAsync()), StringComparison.Ordinal);
        Assert.Equal(["first", "second"], asked);
    }

    [Fact]
    public async Task Pass_NextRequestOfTheConnection_HasItsOwnGates()
    {
        int looks = 0;
        await using FrontHost host = await FrontHost.StartAsync(new ActingPart(context =>
        {
            if (context.Http.Request.Path == "/gated")
            {
                context.AddGate(new LookingGate(_ => looks++));
            }
        }));
        using RawClient client = host.Connect();
        foreach (string path in (string[])["/gated", "/free", "/gated"])
        {
            await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");
            SentRequest request = await host.Worker.NextRequestAsync();
            host.Worker.Respond(request.Id, 200, "hello");
            Assert.Equal("hello", await client.ReadResponseAsync());
        }

        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task Pass_WorkerDiesInTheMiddle_AbortsTheConnection()
    {
        await using FrontHost host = await StartAsync(new GzipGate());
        using RawClient client = host.Connect();
        await client.SendAsync(Get);
        SentRequest request = await host.Worker.NextRequestAsync();
        host.Worker.BeginResponse(request.Id, 200, "hello");
        await client.ReadHeadAsync();
        host.Fleet.Crash(host.Worker);

        Assert.DoesNotContain("\r\n0\r\n\r\n", await FrontHost.ReadUntilCutAsync(client), StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => host.Log.Has(1502), "the log says that the response was cut off");
    }

    private static Task<FrontHost> StartAsync(params ResponseGate[] gates) => FrontHost.StartAsync(new ActingPart(context =>
    {
        foreach (ResponseGate gate in gates)
        {
            context.AddGate(gate);
        }
    }));

    // A chunked response to its end, decoded.
    private static async Task<string> ReadGzipAsync(RawClient client)
    {
        string head = await client.ReadHeadAsync();
        Assert.Contains("Content-Encoding: gzip", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Content-Length", head, StringComparison.OrdinalIgnoreCase);
        string chunked = await FrontHost.ReadUntilCutAsync(client);
        Assert.EndsWith("0\r\n\r\n", chunked, StringComparison.Ordinal);
        var body = new MemoryStream();
        int at = 0;
        while (true)
        {
            int end = chunked.IndexOf("\r\n", at, StringComparison.Ordinal);
            int size = Convert.ToInt32(chunked[at..end], 16);
            if (size == 0)
            {
                break;
            }

            body.Write(Encoding.Latin1.GetBytes(chunked, end + 2, size));
            at = end + 2 + size + 2;
        }

        body.Position = 0;
        using var plain = new StreamReader(new GZipStream(body, CompressionMode.Decompress), Encoding.Latin1);
        return await plain.ReadToEndAsync();
    }

    private sealed class GzipGate : ResponseGate
    {
        public override bool Computes => true;

        public override async ValueTask<bool> PassAsync(RequestContext context, GatedBody body)
        {
            HttpResponse response = context.Http.Response;
            response.Headers.ContentEncoding = "gzip";
            response.ContentLength = null;
            await using var gzip = new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
            while (true)
            {
                ReadResult read = await body.Reader.ReadAsync();
                long size = read.Buffer.Length;
                foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                {
                    await gzip.WriteAsync(segment);
                }

                await gzip.FlushAsync();
                body.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return true;
                }

                body.OnTaken(size);
            }
        }
    }

    private sealed class LookingGate(Action<RequestContext> look, bool computes = false) : ResponseGate
    {
        public override bool Computes => computes;

        public override ValueTask<bool> PassAsync(RequestContext context, GatedBody body)
        {
            look(context);
            return ValueTask.FromResult(false);
        }
    }

    private sealed class ReplacingGate : ResponseGate
    {
        public override async ValueTask<bool> PassAsync(RequestContext context, GatedBody body)
        {
            body.Discard();
            context.Http.Response.ContentLength = 8;
            await context.Http.Response.Body.WriteAsync("replaced"u8.ToArray());
            return true;
        }
    }
}
