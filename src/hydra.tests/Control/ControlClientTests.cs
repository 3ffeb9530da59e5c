using System.Text;
using Hydra.Cli;
using Hydra.Control;
using Hydra.Tests.Functional.Harness;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Control;

public sealed class ControlClientTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "c.sock");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok")]
    [InlineData("HTTP/1.1 409 Conflict\r\n\r\nup to the end", 409, "up to the end")]
    public void Split_Answer_IsStatusAndBody(string answer, int status, string body)
    {
        (int foundStatus, byte[] foundBody) = new ControlClient(Path).Split(Encoding.ASCII.GetBytes(answer));

        Assert.Equal((status, body), (foundStatus, Encoding.ASCII.GetString(foundBody)));
    }

    [Theory]
    [InlineData("", "has closed the connection without an answer")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "is not whole")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok", "is not whole")]
    [InlineData("HTTP/1.1 200 OK\r\n", "is no server of Hydra's")]
    [InlineData("HTTP/1.1\r\n\r\n", "is no server of Hydra's")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "is no server of Hydra's")]
    public void Split_WhatIsNoAnswer_IsSaidToBeThat(string answer, string expected)
    {
        ControlException error = Assert.Throws<ControlException>(() => new ControlClient(Path).Split(Encoding.ASCII.GetBytes(answer)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.StartFailure, error.ExitCode);
    }

    [PosixFact]
    public async Task Send_ToAFileThatIsNoSocket_IsSaidToBeThat()
    {
        File.WriteAllText(Path, "");
        ControlException error = await Assert.ThrowsAsync<ControlException>(() => new ControlClient(Path).SendAsync(ControlRequest.Status));

        Assert.Equal($"{Path} is no socket", error.Message);
    }

    [Fact]
    public void Split_AnyBytes_AreAnAnswerOrASentence()
    {
        var random = new Random(20261130);
        byte[] good = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: now\r\n\r\nok");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. good];
            for (int change = random.Next(4); change >= 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            Exception? thrown = Record.Exception(() => new ControlClient(Path).Split(bytes.AsSpan(0, random.Next(bytes.Length + 1))));
            Assert.True(thrown is null or ControlException, thrown?.ToString());
        }
    }

    [Fact]
    public async Task SendAsync_NothingThere_SaysSo()
    {
        Assert.Contains("there is no control socket at", await FailAsync(Path), StringComparison.Ordinal);
        Assert.Contains("there is no control socket at", await FailAsync(System.IO.Path.Combine(_directory.Path, "none", "c.sock")), StringComparison.Ordinal);
        Assert.Contains("is too long", await FailAsync("/" + new string('c', 200)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendAsync_NobodyListens_SaysSo()
    {
        using (var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
        {
            socket.Bind(new PathKeepingEndPoint(new System.Net.Sockets.UnixDomainSocketEndPoint(Path)));
        }

        Assert.Contains("nobody listens at", await FailAsync(Path), StringComparison.Ordinal);
    }

    private static async Task<string> FailAsync(string path)
    {
        ControlException error = await Assert.ThrowsAsync<ControlException>(() => new ControlClient(path).SendAsync(ControlRequest.Status));
        Assert.Equal(ExitCodes.StartFailure, error.ExitCode);
        return error.Message;
    }
}
