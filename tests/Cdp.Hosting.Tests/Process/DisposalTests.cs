using System.Collections.Concurrent;
using Cdp.Hosting.Process;
using Cdp.Streaming.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cdp.Hosting.Tests.Process;

/// <summary>Disposing of a host without stopping it is not a failure.</summary>
[Trait("tier", "integration")]
public sealed class DisposalTests
{
    [Fact]
    public async Task Dispose_WithoutAStop_EndsTheLoopAndReportsNoFailure()
    {
        var (log, run) = (new CriticalLines(), new LoopThread());
        await using (var app = CdpHost.Build(Service(run), ["--Address=127.0.0.1", "--Port=0"], builder => builder.Logging.ClearProviders().AddProvider(log)))
        {
            await app.StartAsync(TestContext.Current.CancellationToken);
            await run.Started.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        await run.Ended.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task Failure_WhileTheHostRuns_IsReportedAndStopsIt()
    {
        var log = new CriticalLines();
        await using var app = CdpHost.Build(
            Service(new LoopThread()), ["--Address=127.0.0.1", "--Port=0"], builder => builder.Logging.ClearProviders().AddProvider(log));
        var failure = app.Services.GetRequiredService<Failure>();
        failure.Report("the loop", new InvalidOperationException("broken"));
        Assert.Equal(1, failure.ExitCode);
        Assert.True(app.Lifetime.ApplicationStopping.IsCancellationRequested);
        Assert.Contains("the loop", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    private static ServiceDefinition Service(LoopThread loop) => new("demo", 0, builder => builder.Services.AddSingleton<IHostedService>(services =>
        new StreamWorker("demo", "demo", stopping => loop.Run(services, stopping), services.GetRequiredService<Failure>())));

    private sealed class LoopThread
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Run(IServiceProvider services, CancellationToken stopping)
        {
            Started.TrySetResult();
            try
            {
                while (true)
                {
                    // Throws once the host is disposed, as a disposed connection would.
                    services.GetRequiredService<Readiness>();
                    if (stopping.WaitHandle.WaitOne(10)) throw new ObjectDisposedException("connection");
                }
            }
            finally
            {
                Ended.TrySetResult();
            }
        }
    }

    private sealed class CriticalLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Lines.Enqueue(formatter(state, exception));
        }

        public void Dispose() { }
    }
}
