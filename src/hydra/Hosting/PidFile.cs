using System.Globalization;

namespace Hydra.Hosting;

/// <summary>The file that holds the process id of the server.</summary>
/// <param name="path">Its path; null where none was asked for.</param>
internal sealed class PidFile(string? path)
{
    private static string Content => string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n");

    /// <summary>Writes our process id in the place of what is there, at once as a whole.</summary>
    /// <exception cref="StartException">It cannot be written.</exception>
    public void Write()
    {
        if (path is null)
        {
            return;
        }

        try
        {
            string temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
            File.WriteAllText(temporary, Content);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"the file of --pid cannot be written: {e.Message}");
        }
    }

    /// <summary>Removes the file, unless it is another server's by now.</summary>
    public void Remove()
    {
        try
        {
            if (path is not null && File.ReadAllText(path) == Content)
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not there any more, or nobody may touch it.
        }
    }
}
