using System.Diagnostics;

namespace Cdp.Testing;

/// <summary>Starts processes whose output is read line by line, so that a full pipe never stops them.</summary>
public static class ProcessOutput
{
    /// <summary>Starts a process.</summary>
    /// <param name="start">The program and its command line.</param>
    /// <param name="received">Receives each line of both streams. Called by several threads.</param>
    public static Process Start(ProcessStartInfo start, Action<string> received)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += Receive;
        process.ErrorDataReceived += Receive;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Receive(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is { } text) received(text);
        }
    }
}
