#include "engine/daemon/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>

void
kg_user_find(void *data)
{
	struct kg_user *user = data;
	struct passwd entry, *found = NULL;
	char room[16 << 10];

	user->sys = getpwnam_r(user->name, &entry, room, sizeof(room), &found);
	if (user->sys != 0 || !found)
		return;
	user->is_found = true;
	user->uid = entry.pw_uid;
	user->gid = entry.pw_gid;
	snprintf(user->home, sizeof(user->home), "%s", entry.pw_dir);

	int count = (int)kg_user_groups_max;
	if (getgrouplist(user->name, entry.pw_gid, user->groups, &count) < 0)
		count = (int)kg_user_groups_max;
	user->group_count = (size_t)count;
}
