using System.IO.Pipelines;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="FileSender"/> with the <see cref="FileRange"/> that it sends.</summary>
public sealed class FileSenderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task CopyToAsync_FileThatHasGrown_SendsWhatItsLengthSaid()
    {
        string path = _directory.File("log", "0123456789");
        using FileSender sender = FileSender.Open(Range(path));
        await File.AppendAllTextAsync(path, "more");
        sender.Limit(20);
        Assert.Equal(10, sender.Size);
        sender.Limit(4);

        Assert.Equal("0123", await SendAsync(sender));
        Assert.Equal(4, sender.Sent);
    }

    [Fact]
    public async Task CopyToAsync_FileThatHasBecomeShorter_FailsBehindWhatThereIs()
    {
        string path = _directory.File("log", "0123456789");
        using FileSender sender = FileSender.Open(Range(path));
        await File.WriteAllTextAsync(path, "01");
        var pipe = new Pipe();

        var error = await Assert.ThrowsAsync<ResponseFailedException>(() => sender.CopyToAsync(pipe.Writer));

        Assert.Equal((Failure.BadResponse, $"the file {path} has become shorter while it was sent"), (error.Failure, error.Message));
        Assert.Equal(2, (await pipe.Reader.ReadAsync()).Buffer.Length);
    }

    [Fact]
    public async Task CopyToAsync_NobodyReadsAnyMore_Ends()
    {
        using FileSender sender = FileSender.Open(Range(_directory.File("large", new string('x', 1024 * 1024))));
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();

        Assert.Equal(Failure.ClientGone, (await Assert.ThrowsAsync<ResponseFailedException>(() => sender.CopyToAsync(pipe.Writer))).Failure);
        Assert.InRange(sender.Sent, 1, sender.Size - 1);
    }

    private static FileRange Range(string path)
        => new(new FileMessage { Length = ulong.MaxValue, Path = Encoding.UTF8.GetBytes(path) });

    private static async Task<string> SendAsync(FileSender sender)
    {
        var pipe = new Pipe();
        await sender.CopyToAsync(pipe.Writer);
        await pipe.Writer.CompleteAsync();
        return Encoding.UTF8.GetString((await pipe.Reader.ReadAsync()).Buffer.FirstSpan);
    }
}
