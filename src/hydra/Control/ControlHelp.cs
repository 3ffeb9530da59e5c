using Hydra.Cli;

namespace Hydra.Control;

/// <summary>What --help prints for hydra status, hydra top and hydra ctl.</summary>
internal static class ControlHelp
{
    private const int TextStart = 20;

    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, string program)
    {
        output.Write(program switch
        {
            "status" => "Usage: hydra status [--json] [--control-socket PATH]\n\nPrints how a running server is.\n",
            "top" => "Usage: hydra top [--interval 1s] [--control-socket PATH]\n\nShows how a running server is, live; without a terminal it prints that once.\n"
                + "Keys: q quits; c, m, r, l and n sort the workers by CPU, memory, requests, lag and number.\n",
            "replay" => "Usage: hydra replay [--json] [--force] [--control-socket PATH] [ID]\n\nLists the requests that a running server has kept (--record), or sends one of them to a worker again and\n"
                + "prints what comes of it. --force is for those that may do again what they have done, such as a POST.\n",
            _ => "Usage: hydra ctl [--pool NAME] [--control-socket PATH] COMMAND\n\nTells a running server to do something.\n\nCommands:\n",
        });
        foreach (ControlCommand command in program == "ctl" ? ControlCommands.All : [])
        {
            string synopsis = $"  {command.Name} {command.Argument}".TrimEnd();
            foreach (string line in TextColumn.Wrap(command.Help, HelpWriter.Width - TextStart))
            {
                output.Write(synopsis.PadRight(TextStart) + line + "\n");
                synopsis = "";
            }
        }

        output.Write("\nThe socket is that of the server's --control-socket: given here, by HYDRA_CONTROL_SOCKET, or by the hydra.toml of\nthis directory (--config, --chdir).\n");
    }
}
