using Hydra.Primitives;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Primitives;

/// <summary><see cref="PatientFile"/>.</summary>
public sealed class PatientFileTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Name => Path.Combine(_directory.Path, "file");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_File_IsRead()
    {
        File.WriteAllText(Name, "a = 1");
        Assert.Equal("a = 1", PatientFile.Read(Name, File.ReadAllText, TimeSpan.Zero));
        Assert.Throws<FileNotFoundException>(() => PatientFile.Read(Name + "x", File.ReadAllText));
    }

    [PosixFact]
    public void Read_PipeThatNobodyWritesTo_SaysSo()
    {
        Make();
        Assert.Contains("nobody writes to it", Assert.Throws<IOException>(() => PatientFile.Read(Name, File.ReadAllText, TimeSpan.FromMilliseconds(1))).Message, StringComparison.Ordinal);
    }

    [PosixFact]
    public async Task Read_PipeThatSomebodyWritesTo_IsRead()
    {
        Make();
        Task<string> read = Task.Run(() => PatientFile.Read(Name, File.ReadAllText));
        await using (var writer = new StreamWriter(Name))
        {
            await writer.WriteAsync("a = 1");
        }

        Assert.Equal("a = 1", await read);
    }

    private void Make()
    {
        using var made = System.Diagnostics.Process.Start("mkfifo", Name);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }
}
