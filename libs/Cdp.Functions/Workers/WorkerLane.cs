using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Cdp.Functions.Contracts;
using Cdp.Functions.Lanes;

namespace Cdp.Functions.Workers;

/// <summary>
/// Runs a function in a worker process, which is killed if it is silent for longer than a call may take. Nothing that the function does can end, block or
/// fill this process: what the worker sends is bounded, and is only data.
/// </summary>
internal sealed class WorkerLane(FunctionDefinition definition, FunctionLimits limits, FetchHandler? fetch) : ILane
{
    private const int MaxErrorText = 400;

    private Worker? _worker;

    public async Task StartAsync(CancellationToken stopping)
    {
        if (_worker is not null) return;
        var worker = new Worker(WorkerCommand.Create(limits));
        _worker = worker;
        using var cancelled = stopping.Register(worker.Kill);
        await GuardedAsync(worker, stopping, async () =>
        {
            worker.Expect(limits.Start + limits.Start);
            await worker.SendAsync(Frame.Load(definition, limits, fetch is not null));
            using var answer = await worker.ReceiveAsync();
            switch (Frame.Kind(answer.RootElement))
            {
                case "loaded":
                    worker.ExpectNothing();
                    break;
                case "fault":
                    await LoseAsync(worker);
                    throw Frame.ReadFault(answer.RootElement);
                default:
                    throw new InvalidDataException("it did not answer that it loaded the code");
            }
        });
    }

    public async Task RunAsync(IReadOnlyList<EventInput> events, bool careful, Action<int, FunctionOutcome> report, CancellationToken stopping)
    {
        var worker = _worker ?? throw new InvalidOperationException("the lane was not started");
        using var cancelled = stopping.Register(worker.Kill);
        await GuardedAsync(worker, stopping, async () =>
        {
            worker.Expect(limits.Time + limits.Grace);
            var sending = worker.SendAsync(Frame.Run(events, careful));
            for (var next = 0; ;)
            {
                using var frame = await worker.ReceiveAsync();
                switch (Frame.Kind(frame.RootElement))
                {
                    case "outcome":
                        var (index, outcome) = Frame.ReadOutcome(frame.RootElement);
                        if (index != next || next == events.Count) throw new InvalidDataException($"it answered event {index} instead of {next}");
                        next++;
                        report(index, outcome);
                        worker.Expect(limits.Time + limits.Grace);
                        break;
                    case "fetch":
                        var (id, request) = Frame.ReadFetch(frame.RootElement);
                        _ = AnswerAsync(worker, id, request, stopping);
                        break;
                    case "done" when next == events.Count:
                        await sending;
                        worker.ExpectNothing();
                        return;
                    default:
                        throw new InvalidDataException("it sent something else than an outcome");
                }
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null) await LoseAsync(_worker);
    }

    // Whatever goes wrong with a worker, it is killed.
    private async Task GuardedAsync(Worker worker, CancellationToken stopping, Func<Task> exchange)
    {
        try
        {
            await exchange();
        }
        catch (Exception e) when (
            e is IOException or InvalidDataException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            var reason = await LoseAsync(worker);
            stopping.ThrowIfCancellationRequested();
            throw new LaneLostException(reason ?? $"the worker broke its protocol: {e.Message}");
        }
    }

    private async Task<string?> LoseAsync(Worker worker)
    {
        _worker = null;
        return await worker.EndAsync();
    }

    private async Task AnswerAsync(Worker worker, int id, FetchRequest request, CancellationToken stopping)
    {
        FetchResponse? response = null;
        string? error = null;
        try
        {
            response = fetch is null ? throw new InvalidOperationException("fetch is switched off") : await fetch(request, stopping);
        }
        catch (Exception e)
        {
            error = e.Message;
        }
        try
        {
            await worker.SendAsync(Frame.Response(id, response, error));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The worker ended meanwhile, and the run learns it from its pipe.
        }
    }

    /// <summary>One process.</summary>
    private sealed class Worker
    {
        private readonly Process _process;
        private readonly FrameReader _reader;
        private readonly SemaphoreSlim _sending = new(1);
        private readonly Timer _watchdog;
        private readonly Task<string> _errors;
        private TimeSpan _expected;
        private readonly Lazy<Task<string?>> _end;
        private string? _killed;

        public Worker(ProcessStartInfo start)
        {
            _process = Process.Start(start)!;
            _reader = new FrameReader(_process.StandardOutput.BaseStream);
            _end = new Lazy<Task<string?>>(EndOnceAsync);
            _errors = ReadErrorsAsync(_process.StandardError.BaseStream);
            _watchdog = new Timer(_ =>
            {
                _killed = $"the worker was killed because it was silent for {_expected.TotalSeconds} s";
                Kill();
            });
        }

        /// <summary>Kills the process unless it sends something within a time.</summary>
        public void Expect(TimeSpan within)
        {
            _expected = within;
            _watchdog.Change(within, Timeout.InfiniteTimeSpan);
        }

        public void ExpectNothing() => _watchdog.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public async Task SendAsync(byte[] frame)
        {
            await _sending.WaitAsync();
            try
            {
                await _process.StandardInput.BaseStream.WriteAsync(frame);
                await _process.StandardInput.BaseStream.FlushAsync();
            }
            finally
            {
                _sending.Release();
            }
        }

        /// <exception cref="EndOfStreamException">The process ended.</exception>
        public async Task<JsonDocument> ReceiveAsync() =>
            Frame.Parse(await _reader.ReadAsync() ?? throw new EndOfStreamException("the worker ended"));

        public void Kill()
        {
            try
            {
                _process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It has ended by itself.
            }
        }

        /// <summary>Ends the process and waits for it.</summary>
        /// <returns>How it ended; null if it was alive and not silent.</returns>
        public Task<string?> EndAsync() => _end.Value;

        private async Task<string?> EndOnceAsync()
        {
            await _watchdog.DisposeAsync();
            // A process whose pipe is closed may take a moment to be gone.
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            var died = _killed is null && await EndedAsync(patience.Token);
            Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            var errors = await _errors;
            var reason = _killed ?? (died ? $"the worker ended with exit code {_process.ExitCode}: {errors}" : null);
            _process.Dispose();
            return reason;
        }

        private async Task<bool> EndedAsync(CancellationToken patience)
        {
            try
            {
                await _process.WaitForExitAsync(patience);
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        // Reads to the end, so that the worker never waits for a full pipe, and keeps the beginning.
        private static async Task<string> ReadErrorsAsync(Stream stream)
        {
            var (kept, buffer) = (new MemoryStream(), new byte[4096]);
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
            {
                if (kept.Length < MaxErrorText) kept.Write(buffer, 0, Math.Min(read, MaxErrorText - (int)kept.Length));
            }
            return Encoding.UTF8.GetString(kept.ToArray()).ReplaceLineEndings(" ").Trim();
        }
    }
}
