using System.Net.Sockets;
using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Workers;

/// <content>Its links: how they are taken when the worker opens them, and closed.</content>
internal sealed partial class Worker
{
    string? ILinkOwner.Accept(Socket socket, LinkIdentity identity, ReadOnlySpan<byte> welcome)
        => State is WorkerState.Stopped ? "its worker has ended"
            : identity.Kind is LinkKind.Control ? AcceptControl(socket, welcome)
            : AcceptData(socket, identity.Index, welcome);

    /// <summary>Closes all links; requests on them are lost.</summary>
    public void CloseLinks()
    {
        ControlLink? control;
        lock (_lock)
        {
            control = _control;
        }

        control?.Close();
        CloseDataLinks();
    }

    private void CloseDataLinks()
    {
        foreach (WorkerLink? link in Links())
        {
            link?.Close();
        }
    }

    private WorkerLink?[] Links()
    {
        lock (_lock)
        {
            return [.. _links];
        }
    }

    private string? AcceptControl(Socket socket, ReadOnlySpan<byte> welcome)
    {
        ControlLink control;
        lock (_lock)
        {
            if (_control is not null)
            {
                return "its worker has a control link already";
            }

            // Under the lock, so that no DRAIN can come before it. The socket is new: these few bytes are taken at once.
            socket.Send(welcome);
            HasConnected = true;
            _control = control = new ControlLink(new SocketLinkChannel(socket), this);
        }

        control.Start();
        return null;
    }

    private string? AcceptData(Socket socket, int index, ReadOnlySpan<byte> welcome)
    {
        const string Refusal = "its worker has all its data links already";
        if (index >= _links.Length)
        {
            return Refusal;
        }

        // Outside the lock: it may wait for the front's loops to be there.
        var link = new WorkerLink(_dataChannel(socket, index), Handle, index, OnLinkClosed)
        {
            Abandoned = InterruptsAbandoned ? id => InterruptAbandoned(index, id) : null,
        };
        lock (_lock)
        {
            if (_links[index] is not null)
            {
                return Refusal;
            }

            _links[index] = link;
        }

        socket.Send(welcome);
        link.Start();
        return null;
    }

    // Where requests are tasks of an event loop they hear of it by receive() and send().
    private void InterruptAbandoned(int link, ulong id)
    {
        if (Info is { } info && (info.Features & InterfaceFeatures.InterruptibleThreads) != 0)
        {
            Interrupt(link, id, CancelReason.ClientLeft);
        }
    }

    private void OnLinkClosed(WorkerLink link, string? violation)
    {
        Handle.Shut();
        _events.OnLinkClosed(this, violation);
    }
}
