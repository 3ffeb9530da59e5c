using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Hydra.Tests.Http.Fakes;

public sealed class FakeRequestTests
{
    [Fact]
    public async Task RunAsync_EchoOfABodyThatComesInPieces_GivesTheClientAllOfIt()
    {
        using var request = new FakeRequest("POST", "/a%20b?c=d", [("Content-Length", "10"), ("X-A", "1"), ("x-a", "2")]);
        Task running = request.RunAsync(async context =>
        {
            context.Response.StatusCode = 201;
            PipeReader reader = context.Request.BodyReader;
            ReadResult read;
            do
            {
                read = await reader.ReadAsync();
                context.Response.BodyWriter.Write(read.Buffer.ToArray());
                await context.Response.BodyWriter.FlushAsync();
                reader.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        });
        Assert.False(request.Response.HasStarted);
        request.Body.Send("hello");
        byte[] first = await request.Response.TakeAsync(5).WithinLimitAsync("the first half");
        Assert.Equal("hello", Encoding.Latin1.GetString(first));
        request.Body.Send("world");
        request.Body.End();
        await running;

        Assert.Equal("world", request.Response.TakeText());
        Assert.True(request.Response.IsComplete);
        Assert.Equal(201, request.Response.StatusCode);
        Assert.False(request.IsAborted);
        HttpRequest seen = request.Context.Request;
        Assert.Equal(("POST", "/a b", "?c=d"), (seen.Method, seen.Path.Value, seen.QueryString.Value));
        Assert.Equal("1,2", seen.Headers["X-A"]);
        Assert.Equal("/a%20b?c=d", request.Context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true, "Content-Length", "3")]
    [InlineData(true, "Transfer-Encoding", "chunked")]
    [InlineData(false, "Content-Length", "0")]
    public async Task CanHaveBody_ByTheHeaders_IsWhatKestrelSays(bool expected, params string[] header)
    {
        using var request = new FakeRequest("POST", "/", header.Length > 0 ? [(header[0], header[1])] : []);
        Assert.Equal(expected, request.Context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody);
        Assert.Equal(0, request.Body.Reads);
        ValueTask<ReadResult> read = request.Context.Request.BodyReader.ReadAsync();

        Assert.Equal(!expected, read.IsCompleted);
        Assert.Equal(1, request.Body.Reads);
        request.Body.End();
        Assert.True((await read).IsCompleted);
    }

    [Fact]
    public async Task Response_AfterItHasBegun_CanNotBeChanged()
    {
        using var request = new FakeRequest();
        await request.RunAsync(async context =>
        {
            await context.Response.StartAsync();
            Assert.Throws<InvalidOperationException>(() => context.Response.StatusCode = 500);
            Assert.Throws<InvalidOperationException>(() => context.Response.Headers.Server = "late");
            await context.Response.Body.WriteAsync("body"u8.ToArray());
        });

        Assert.Equal("body", request.Response.TakeText());
    }

    [Fact]
    public async Task Response_ToAClientThatDoesNotRead_WaitsForIt()
    {
        using var request = new FakeRequest(clientTakes: 10);
        Task running = request.RunAsync(context => context.Response.Body.WriteAsync(new byte[20]).AsTask());
        Assert.False(running.IsCompleted);
        Assert.Equal(20, request.Response.Take().Length);

        await running;
        Assert.True(request.Response.IsComplete);
    }

    [Fact]
    public async Task Leave_WhileTheBodyIsRead_IsSeenEverywhere()
    {
        using var request = new FakeRequest("POST", "/", [("Content-Length", "10")]);
        ValueTask<ReadResult> read = request.Context.Request.BodyReader.ReadAsync();
        request.Leave();

        await Assert.ThrowsAsync<ConnectionResetException>(async () => await read);
        Assert.True(request.Context.RequestAborted.IsCancellationRequested);
        Assert.True(request.Connection.ConnectionClosed.IsCancellationRequested);
        Assert.False(request.IsAborted);
    }

    [Fact]
    public async Task Abort_ByTheApplication_EndsNoResponse()
    {
        using var request = new FakeRequest();
        await request.RunAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });

        Assert.True(request.IsAborted);
        Assert.False(request.Response.IsComplete);
    }

    [Fact]
    public void Head_OfTheRequest_IsWhatAClientWouldSend()
    {
        using var request = new FakeRequest("GET", "/a?b", [("Host", "a"), ("X-A", "1")]);
        Assert.Equal("GET /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n", Encoding.Latin1.GetString(request.Head));
    }
}
