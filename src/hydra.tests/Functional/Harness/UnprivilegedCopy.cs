namespace Hydra.Tests.Functional.Harness;

/// <summary>A copy of the server where any user reaches it, for what root may do and others may not.</summary>
public sealed class UnprivilegedCopy : IDisposable
{
    private const UnixFileMode Everyone = (UnixFileMode)511;

    private readonly TestDirectory _directory = new();
    private readonly int _user;

    /// <summary>Copies it.</summary>
    /// <param name="user">The number of the user, and of its group, that root's tests run it as; others run it as themselves.</param>
    /// <param name="mode">What everyone may do in the directory.</param>
    public UnprivilegedCopy(int user, UnixFileMode mode = Everyone)
    {
        _user = user;
        File.SetUnixFileMode(Directory, mode);
        File.Copy(Repository.Executable, Executable);
    }

    /// <summary>Where it lies.</summary>
    public string Directory => _directory.Path;

    /// <summary>The copy.</summary>
    public string Executable => Path.Combine(Directory, "hydra");

    /// <summary>What has a command run as that user.</summary>
    public string[] Prefix => Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={_user}", $"--regid={_user}", "--clear-groups"] : [];

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
