using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Hydra.Tests.Http.Fakes;

/// <summary>A client's connection without a socket, which counts how often it is aborted.</summary>
internal sealed class OpenConnection : DefaultConnectionContext
{
    private readonly Pipe _input = new();

    public OpenConnection()
        : base("fake") => Transport = new Duplex(_input.Reader, new Pipe().Writer);

    /// <summary>How often it was aborted.</summary>
    public int Aborts { get; private set; }

    /// <summary>The client sends bytes, and the server reads them.</summary>
    public async Task ReceiveAsync(string text)
    {
        await _input.Writer.WriteAsync(Encoding.Latin1.GetBytes(text));
        ReadResult read = await Transport.Input.ReadAsync();
        Transport.Input.AdvanceTo(read.Buffer.End);
    }

    public override void Abort(ConnectionAbortedException abortReason) => Aborts++;

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
