using Xunit;

namespace Cdp.Local.Tests;

public sealed class LocalStackTests
{
    [Fact]
    public async Task Start_ConfigFolderMissing_IsRefusedWithItsPath()
    {
        var missing = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));

        var refused = await Assert.ThrowsAsync<StartException>(() => LocalStack.StartAsync(new LocalOptions { ConfigDirectory = missing, DataDirectory = missing }));

        Assert.Contains($"--config {missing} does not exist", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(missing), "something was written before the options were checked");
    }
}
